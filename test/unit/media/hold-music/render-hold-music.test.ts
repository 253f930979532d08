import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderHoldMusic } from '../../../../src/media/hold-music';
import { decodeWav } from '../../../../src/protocol/wav';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-music-'));
afterAll(() => rmSync(directory, { recursive: true }));

function level(samples: Int16Array): number {
  let energy = 0;
  for (const value of samples) energy += value * value;
  return 10 * Math.log10(energy / samples.length / 32_767 ** 2 || 1e-12);
}

// Ten minutes of music in either rate are some seconds of computing.
jest.setTimeout(60_000);

describe('the default hold music', () => {
  it.each([8_000, 16_000])('at %i Hz is one long mono file at -20 dBFS, not clipped and never silent', async (rate) => {
    const { directories } = await renderHoldMusic(directory);
    const folder = rate === 8_000 ? directories[8_000] : directories[16_000];
    expect(readdirSync(folder)).toEqual(['holdfast-v1.wav']);
    const decoded = decodeWav(readFileSync(join(folder, 'holdfast-v1.wav')));
    if (decoded.outcome === 'invalid') throw new Error(decoded.reason);
    const { sampleRate, channels } = decoded.audio;
    expect([sampleRate, channels]).toEqual([rate, 1]);
    expect(decoded.audio.samples.length / rate).toBeGreaterThanOrEqual(600);
    // One pass (127 s) and the seam into the next.
    const samples = decoded.audio.samples.subarray(0, 140 * rate);
    expect(level(samples)).toBeGreaterThan(-21);
    expect(level(samples)).toBeLessThan(-19);
    let [peak, jump] = [0, 0];
    for (let i = 1; i < samples.length; i += 1) {
      peak = Math.max(peak, Math.abs(samples[i] ?? 0));
      jump = Math.max(jump, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
    }
    expect(peak).toBeLessThan(0.96 * 32_767);
    // A seam or a cut note would be a step; the steepest sound of the piece stays far below.
    expect(jump).toBeLessThan(16_000);
    // The last notes ring on into the next pass: no drop where the file repeats its piece, before the new note sounds.
    const seam = Math.round((35 * 16 * 60 * rate) / 66 / 4);
    const around = [samples.subarray(seam - rate / 500, seam), samples.subarray(seam, seam + rate / 500)].map(level);
    expect((around[0] ?? 0) - (around[1] ?? 0)).toBeLessThan(5);
    const window = rate / 5;
    for (let from = 0; from + window <= samples.length; from += window) {
      expect(level(samples.subarray(from, from + window))).toBeGreaterThan(-40);
    }
  });

  it('is played by FreeSWITCH from a list that lasts for weeks and is alone in its directory', async () => {
    const { directories } = await renderHoldMusic(directory);
    for (const rate of [8_000, 16_000] as const) {
      const folder = join(directory, 'playlists', String(rate));
      expect(readdirSync(folder)).toEqual(['holdfast.loc']);
      const lines = readFileSync(join(folder, 'holdfast.loc'), 'utf8').trimEnd().split('\n');
      expect(new Set(lines)).toEqual(new Set([join(directories[rate], 'holdfast-v1.wav')]));
      expect(lines.length * 600).toBeGreaterThan(30 * 24 * 3_600);
    }
    const conf = readFileSync(join(__dirname, '../../../../freeswitch-conf/autoload_configs/local_stream.conf.xml'), 'utf8');
    expect([...conf.matchAll(/path="\$\$\{media_dir\}\/hold-music\/([^"]+)"/g)].map(([, path]) => path)).toEqual(['playlists/8000', 'playlists/16000']);
  });

  it('is rendered once, the same every time, and replaces only its own older versions', async () => {
    const { directories, rendered } = await renderHoldMusic(directory);
    expect(rendered).toBe(false);
    const path = join(directories[8_000], 'holdfast-v1.wav');
    const before = readFileSync(path);
    const startedAt = statSync(path).mtimeMs;
    rmSync(path);
    writeFileSync(join(directories[8_000], 'holdfast-v0.wav'), 'old');
    writeFileSync(join(directories[8_000], 'own.wav'), 'somebody elses');
    expect((await renderHoldMusic(directory)).rendered).toBe(true);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(statSync(path).mtimeMs).toBeGreaterThanOrEqual(startedAt);
    expect(readdirSync(directories[8_000]).sort()).toEqual(['holdfast-v1.wav', 'own.wav']);
  });
});
