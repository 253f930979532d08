import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseFliteVoice, FliteProvider, Speech, type SpeechProvider } from '../../../../src/media/speech';
import { decodeWav, type PcmAudio } from '../../../../src/protocol/wav';
import { eventually } from '../../../support/eventually';
import { ManualClock } from '../../../support/manual-clock';

let directory: string;
const outcomes: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-speech-test-'));
  outcomes.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

function speechBy(provider: SpeechProvider): Speech {
  return new Speech({ provider, directory, maxTextLength: 4096, onResult: (outcome) => outcomes.push(outcome) });
}

function soundOf(path: string): PcmAudio {
  const decoded = decodeWav(readFileSync(path));
  if (decoded.outcome === 'invalid') throw new Error(decoded.reason);
  return decoded.audio;
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

/** Parts of the energy below 300 Hz, between 300 and 3,400 Hz and above, by a plain DFT over 32 ms windows. */
function bandShare(samples: Int16Array, from: number, to: number): number {
  const size = 256;
  let inside = 0;
  let all = 0;
  for (let start = 0; start + size <= samples.length; start += size * 4) {
    for (let bin = 1; bin < size / 2; bin += 1) {
      let [re, im] = [0, 0];
      for (let i = 0; i < size; i += 1) {
        const value = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
        re += value * Math.cos((2 * Math.PI * bin * i) / size);
        im += value * Math.sin((2 * Math.PI * bin * i) / size);
      }
      const frequency = (bin * 8_000) / size;
      all += re * re + im * im;
      if (frequency >= from && frequency < to) inside += re * re + im * im;
    }
  }
  return inside / all;
}

describe('speech by flite', () => {
  const flite = new FliteProvider({ defaultVoice: 'slt', timeoutMs: 10_000 });
  beforeAll(() => flite.start());
  afterAll(() => flite.stop());

  it('speaks a text as 8 kHz mono that has the length, loudness and spectrum of speech', async () => {
    const file = await speechBy(flite).fileFor({ text: 'You are caller number three.' });
    const { sampleRate, channels, samples } = soundOf(file.path);
    expect([sampleRate, channels]).toEqual([8_000, 1]);
    expect(file.durationMs).toBeGreaterThan(1_000);
    expect(file.durationMs).toBeLessThan(3_500);
    expect(samples.length).toBe(file.durationMs * 8);
    expect(rms(samples)).toBeGreaterThan(500);
    expect(Math.max(...samples.map(Math.abs))).toBeLessThan(32_767);
    expect(bandShare(samples, 80, 3_400)).toBeGreaterThan(0.9);
    // Speech comes and goes: its 50 ms windows differ in loudness by far more than a tone's.
    const windows = Array.from({ length: Math.floor(samples.length / 400) }, (_, i) =>
      samples.subarray(i * 400, i * 400 + 400));
    const loud = windows.map(rms);
    expect(Math.max(...loud)).toBeGreaterThan(10 * Math.min(...loud));
    expect(file.fellBack).toBe(false);
  });

  it('says different things for different texts and voices, and longer things longer', async () => {
    const speech = speechBy(flite);
    const files = await Promise.all([
      speech.fileFor({ text: 'one' }), speech.fileFor({ text: 'one', voice: 'man' }),
      speech.fileFor({ text: 'one, two, three, four, five, six' }), speech.fileFor({ text: '-t --help -voice kal' }),
    ]);
    expect(new Set(files.map(({ path }) => readFileSync(path).toString('base64'))).size).toBe(4);
    expect(files[2]?.durationMs).toBeGreaterThan(3 * (files[0]?.durationMs ?? 0));
  });

  it('replaces a worker that takes too long, and speaks the next text', async () => {
    const hasty = new FliteProvider({ defaultVoice: 'slt', timeoutMs: 1 });
    await expect(hasty.start()).rejects.toMatchObject({ code: 'media-speech-timeout' });
    await hasty.stop();
    const patient = new FliteProvider({ defaultVoice: 'slt', timeoutMs: 10_000 });
    const long = 'a long text, '.repeat(300);
    const first = patient.synthesize({ text: long, voice: 'no-such-voice-falls-back' });
    const second = patient.synthesize({ text: 'short', voice: 'slt' });
    expect((await first).samples.length).toBeGreaterThan((await second).samples.length);
    await patient.stop();
  });

  it('rejects what is waiting when it stops', async () => {
    const provider = new FliteProvider({ defaultVoice: 'slt', timeoutMs: 10_000 });
    const waiting = ['one', 'two'].map((text) => provider.synthesize({ text, voice: 'slt' }));
    const settled = Promise.allSettled(waiting);
    await provider.stop();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('speech files', () => {
  /** Counts what it is asked for and answers with a buzz; `failing` texts fail. */
  class Buzzer implements SpeechProvider {
    readonly fingerprint = 'buzzer';
    readonly asked: string[] = [];
    start = (): Promise<void> => Promise.resolve();
    stop = (): Promise<void> => Promise.resolve();
    choose = (voice: string | undefined, language: string | undefined) => chooseFliteVoice(voice, language, 'slt');
    async synthesize({ text }: { text: string }): Promise<PcmAudio> {
      this.asked.push(text);
      await new Promise((resolve) => setImmediate(resolve));
      if (text === 'failing') throw new Error('no');
      return { sampleRate: 8_000, channels: 1, samples: new Int16Array(800).fill(1_000) };
    }
  }

  it('are made once: at the same time, later, and by another gateway', async () => {
    const buzzer = new Buzzer();
    const speech = speechBy(buzzer);
    const [first, second] = await Promise.all(['hello', ' hello\n'].map((text) => speech.fileFor({ text })));
    expect(await speech.fileFor({ text: 'hello' })).toEqual(first);
    expect(await speechBy(buzzer).fileFor({ text: 'hello' })).toEqual(second);
    expect(buzzer.asked).toEqual(['hello']);
    expect(outcomes).toEqual(['synthesized', 'cached', 'cached']);
    expect(first?.durationMs).toBe(100);
  });

  it('are kept while they are used, and made anew when they were swept', async () => {
    const buzzer = new Buzzer();
    const clock = new ManualClock();
    const speech = new Speech({ provider: buzzer, directory, maxTextLength: 4_096, clock, cache: { maxBytes: 1e9, maxAgeMs: 5_000_000 } });
    await speech.start();
    const day = async (text: string): Promise<void> => {
      clock.advance(4_000_000);
      await speech.fileFor({ text });
    };
    await speech.fileFor({ text: 'rare' });
    for (const text of ['often', 'often', 'often']) await day(text);
    await eventually(() => expect(readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(1));
    for (const text of ['rare', 'often']) await day(text);
    expect(buzzer.asked).toEqual(['rare', 'often', 'rare']);
    await speech.stop();
  });

  it('are not kept when synthesis fails, and no draft stays behind', async () => {
    const speech = speechBy(new Buzzer());
    await expect(speech.fileFor({ text: 'failing' })).rejects.toThrow('no');
    await expect(speech.fileFor({ text: 'failing' })).rejects.toThrow('no');
    await speech.fileFor({ text: 'fine' });
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.wav$/)]);
  });

  it('tell of a language that is missing and use the default voice', async () => {
    const speech = speechBy(new Buzzer());
    expect((await speech.fileFor({ text: 'Bonjour', language: 'fr-FR' })).fellBack).toBe(true);
    expect((await speech.fileFor({ text: 'Good morning', language: 'en-GB' })).fellBack).toBe(false);
  });

  it('refuse empty and overlong texts with the code for the account', async () => {
    const speech = speechBy(new Buzzer());
    const empty = { code: 'media-speech-text-empty', twilioCode: 13520 };
    await expect(speech.fileFor({ text: ' \n' })).rejects.toMatchObject(empty);
    await expect(speech.fileFor({ text: 'x'.repeat(4_097) }))
      .rejects.toMatchObject({ code: 'media-speech-text-too-long' });
  });
});

describe('choosing a flite voice', () => {
  it.each([
    [undefined, undefined, 'slt', false], ['woman', 'en-US', 'slt', false], ['man', undefined, 'rms', false],
    ['man', 'en-GB', 'awb', false], ['alice', 'en-AU', 'slt', false], ['Polly.Matthew-Neural', 'en-US', 'rms', false],
    ['Polly.Joanna', undefined, 'slt', false], ['Polly.Celine', 'fr-FR', 'slt', true], ['man', 'de-DE', 'slt', true],
    ['Google.es-ES-Wavenet-B', undefined, 'slt', true], ['Google.en-GB-Standard-A', 'fr-FR', 'slt', false],
    ['kal16', 'en', 'kal16', false], ['woman', 'eng-nonsense', 'slt', true],
  ])('%s in %s is %s (fell back: %s)', (voice, language, expected, fellBack) => {
    expect(chooseFliteVoice(voice, language, 'slt')).toEqual({ voice: expected, fellBack });
  });
});
