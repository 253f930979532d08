import { synthesise } from '../../../src/media/hold-music/synthesise';
import { FliteProvider } from '../../../src/media/speech';
import { SAMPLE_RATE, soundKind } from '../../../src/phone';

/** Kinds of every stretch of 1.5 s, four a second. */
function kindsOf(samples: Int16Array): string[] {
  const kinds = new Set<string>();
  const window = 1.5 * SAMPLE_RATE;
  for (let start = 0; start + window <= samples.length; start += SAMPLE_RATE / 4) {
    kinds.add(soundKind(samples.subarray(start, start + window)).kind);
  }
  return [...kinds];
}

describe('what callers of this gateway hear', () => {
  it('is speech when flite speaks', async () => {
    const flite = new FliteProvider({ defaultVoice: 'slt', timeoutMs: 20_000 });
    const text = 'All of our agents are busy at the moment. You are number three in the queue. Press one to leave.';
    const spoken = await flite.synthesize({ text, voice: 'slt' });
    await flite.stop();
    expect(kindsOf(spoken.samples)).toEqual(['speech']);
  });

  it('is music when our hold music plays', () => {
    expect(kindsOf(synthesise(SAMPLE_RATE).subarray(0, 20 * SAMPLE_RATE))).toEqual(['music']);
  });
});
