import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordingFacts, RecordingShelf } from '../../../../src/media';
import { encodeWav, wavHeader } from '../../../../src/protocol/wav';
import { channelSamples } from '../../../support/channel-samples';
import { toneSamples } from '../../../support/tones';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const FACTS: RecordingFacts = { callSid: `CA${'1'.repeat(32)}`, source: 'DialVerb', track: 'both', startedAt: 1_700_000_000_000 };

/** Seconds of silence and tone in each channel, interleaved. */
function wavOf(channels: readonly (readonly [hz: number, ms: number][])[]): Buffer {
  const sides = channels.map((parts) => parts.flatMap(([tone, ms]) => [...(tone === 0 ? new Int16Array(ms * 8) : toneSamples({ tone }, ms))]));
  const length = Math.max(...sides.map((side) => side.length));
  const samples = Int16Array.from({ length: length * sides.length }, (_, at) => sides[at % sides.length]?.[Math.floor(at / sides.length)] ?? 0);
  return encodeWav({ sampleRate: 8_000, channels: sides.length, samples });
}

describe('kept recordings', () => {
  let directory: string;
  let shelf: RecordingShelf;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-recordings-'));
    shelf = new RecordingShelf({ directory, publicUrl: () => 'https://gateway.test' });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function keep(sound: Buffer | undefined, trim = false) {
    const place = await shelf.newPlace(ACCOUNT);
    if (sound) await writeFile(place.path, sound);
    return { place, kept: await shelf.keep(place, FACTS, trim) };
  }

  it('have their own URL, length and channels', async () => {
    const { place, kept } = await keep(wavOf([[[440, 1_500]], [[900, 1_000]]]));
    expect(place.url).toBe(`https://gateway.test/2010-04-01/Accounts/${ACCOUNT}/Recordings/${place.sid}`);
    expect(kept).toEqual({ outcome: 'kept', recording: { sid: place.sid, accountSid: ACCOUNT, ...FACTS, durationMs: 1_500, channels: 2 } });
    expect(await shelf.find(ACCOUNT, place.sid)).toMatchObject({ path: place.path, recording: { durationMs: 1_500 } });
  });

  it('of which nothing was written are absent and leave nothing behind', async () => {
    const before = (await readdir(join(directory, ACCOUNT))).length;
    expect((await keep(undefined)).kept).toEqual({ outcome: 'absent' });
    expect((await keep(Buffer.alloc(0))).kept).toEqual({ outcome: 'absent' });
    expect((await keep(wavHeader({ sampleRate: 8_000, channels: 1, dataBytes: 0 }))).kept).toEqual({ outcome: 'absent' });
    expect((await keep(wavOf([[[0, 3_000]]]), true)).kept).toEqual({ outcome: 'absent' });
    expect(await readdir(join(directory, ACCOUNT))).toHaveLength(before);
  });

  it('lose the silence at both ends and none in the middle, whichever channel is heard', async () => {
    const { place, kept } = await keep(wavOf([[[0, 12_000], [440, 500], [0, 1_500]], [[0, 13_000], [900, 500], [0, 11_000]]]), true);
    expect(kept).toMatchObject({ outcome: 'kept', recording: { durationMs: 1_500, channels: 2 } });
    const [left, right] = channelSamples(await readFile(place.path));
    const loudest = (samples: Int16Array | undefined, fromMs: number, toMs: number): number =>
      Math.max(...(samples?.subarray(fromMs * 8, toMs * 8) ?? []).map(Math.abs));
    expect(loudest(left, 0, 500)).toBeGreaterThan(1_000);
    expect([loudest(left, 520, 1_500), loudest(right, 0, 980)]).toEqual([0, 0]);
    expect(loudest(right, 1_000, 1_500)).toBeGreaterThan(1_000);
  });

  it('that were cut off before their header was written have what is there', async () => {
    const sound = wavOf([[[440, 1_000]]]);
    sound.writeUInt32LE(0, 40);
    expect((await keep(sound)).kept).toMatchObject({ recording: { durationMs: 1_000 } });
  });

  it.each(['../other', 'RE1', `RE${'2'.repeat(32)}`, ''])('are found by a SID of the account only, not by %j', async (sid) => {
    expect(await shelf.find(ACCOUNT, sid)).toBeUndefined();
  });
});
