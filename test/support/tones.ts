import { writeFile } from 'node:fs/promises';
import { saveWav, toneSource, type ToneSpec } from '../../src/phone';
import { encodeG711, type G711Law } from '../../src/protocol/g711';

/** `ms` of a tone, 8 kHz mono. */
export function toneSamples(spec: ToneSpec, ms: number): Int16Array {
  const samples = new Int16Array(ms * 8);
  toneSource(spec).fill(samples);
  return samples;
}

/** Stretches of tone and silence one after another: `[[440, 300], [0, 200]]` (Hz, ms). */
export function toneSequence(parts: readonly (readonly [frequency: number, ms: number])[]): Int16Array {
  const stretches = parts.map(([tone, ms]) => (tone === 0 ? new Int16Array(ms * 8) : toneSamples({ tone }, ms)));
  return Int16Array.from(stretches.flatMap((stretch) => [...stretch]));
}

/** Writes `ms` of a tone as a WAV file, 8 kHz mono. */
export async function writeToneWav(path: string, spec: ToneSpec, ms: number): Promise<void> {
  await saveWav(path, toneSamples(spec, ms));
}

/** Writes headerless G.711, as SIPp's rtp_stream wants it. */
export async function writeRawTone(path: string, spec: ToneSpec, ms: number, law: G711Law = 'PCMU'): Promise<void> {
  await writeFile(path, encodeG711(law, toneSamples(spec, ms)));
}
