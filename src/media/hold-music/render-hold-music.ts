import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newToken } from '../../lib';
import { pcmBytes, wavHeader } from '../../protocol/wav';
import { synthesise } from './synthesise';

/** Media servers take the variant of the codec's rate, so that nothing is resampled per listener. */
const RATES = [8_000, 16_000] as const;
/**
 * local_stream is silent for about a second at each pass through its directory (measured on FreeSWITCH 1.11), so there
 * is one file, long enough that few callers meet its end.
 */
const AT_LEAST_S = 600;
/** Part of the file name; raise it when the sound changes. */
const VERSION = 1;
const OUR_FILES = /^holdfast-v\d+\.wav$/;

export interface HoldMusic {
  /** One directory per rate, each with one file, as local_stream wants them. */
  readonly directories: Readonly<Record<(typeof RATES)[number], string>>;
  /** False when everything was there already. */
  readonly rendered: boolean;
}

/** Renders the default hold music below `directory` (`8000/`, `16000/`) unless it is there. About a second of work. */
export async function renderHoldMusic(directory: string): Promise<HoldMusic> {
  let rendered = false;
  for (const rate of RATES) rendered = await renderRate(join(directory, String(rate)), rate) || rendered;
  return { directories: { 8_000: join(directory, '8000'), 16_000: join(directory, '16000') }, rendered };
}

async function renderRate(directory: string, rate: number): Promise<boolean> {
  const name = `holdfast-v${VERSION}.wav`;
  const path = join(directory, name);
  if (await stat(path).then(() => true, () => false)) return false;
  await mkdir(directory, { recursive: true });
  const piece = pcmBytes(synthesise(rate));
  const passes = Math.ceil((AT_LEAST_S * rate * 2) / piece.length);
  const draft = `${path}.${newToken(4)}`;
  const file = await open(draft, 'w');
  try {
    await file.write(wavHeader({ sampleRate: rate, channels: 1, dataBytes: piece.length * passes }));
    for (let pass = 0; pass < passes; pass += 1) await file.write(piece);
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const old = (await readdir(directory)).filter((one) => OUR_FILES.test(one) && one !== name);
  await Promise.all(old.map((one) => rm(join(directory, one), { force: true })));
  return true;
}
