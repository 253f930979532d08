import { writeFile } from 'node:fs/promises';
import { encodeWav } from '../protocol/wav';
import { SAMPLE_RATE } from './goertzel';

/** Writes 8 kHz mono sound as a WAV file, for example `call.audio.timeline()`. */
export async function saveWav(path: string, samples: Int16Array): Promise<void> {
  await writeFile(path, encodeWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
}
