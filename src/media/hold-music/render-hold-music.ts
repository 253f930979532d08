import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newToken } from '../../lib';
import { pcmBytes, wavHeader } from '../../protocol/wav';
import { synthesise } from './synthesise';

/** Media servers take the variant of the codec's rate, so that nothing is resampled per listener. */
const RATES = [8_000, 16_000] as const;
/** Long, so that a media server that begins it anew is seldom heard to. */
const AT_LEAST_S = 600;
/**
 * local_stream sleeps for a second whenever it begins its directory anew, but not between the lines of a list (`.loc`; seen
 * on FreeSWITCH 1.11.2: 0.99 s of silence at each pass, none at the ends of four files of a list). So many times ten minutes
 * are a month.
 */
const PLAYLIST_LINES = 5_000;
/** Part of the file name; raise it when the sound changes. */
const VERSION = 1;
const NAME = `holdfast-v${VERSION}.wav`;
const OUR_FILES = /^holdfast-v\d+\.wav$/;

export interface HoldMusic {
  /** One directory per rate, each with one file, as local_stream wants them. */
  readonly directories: Readonly<Record<(typeof RATES)[number], string>>;
  /** False when everything was there already. */
  readonly rendered: boolean;
}

/**
 * Renders the default hold music below `directory` (absolute; `8000/`, `16000/`) unless it is there, and the lists by which
 * FreeSWITCH plays it (`playlists/8000/`, `playlists/16000/`). About a second of work.
 */
export async function renderHoldMusic(directory: string): Promise<HoldMusic> {
  let rendered = false;
  for (const rate of RATES) {
    rendered = await renderRate(join(directory, String(rate)), rate) || rendered;
    await writePlaylist(join(directory, 'playlists', String(rate)), join(directory, String(rate), NAME));
  }
  return { directories: { 8_000: join(directory, '8000'), 16_000: join(directory, '16000') }, rendered };
}

async function renderRate(directory: string, rate: number): Promise<boolean> {
  const path = join(directory, NAME);
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
  const old = (await readdir(directory)).filter((one) => OUR_FILES.test(one) && one !== NAME);
  await Promise.all(old.map((one) => rm(join(directory, one), { force: true })));
  return true;
}

/** A list is all its directory may hold: beside another file local_stream plays no file twice in a row. */
async function writePlaylist(directory: string, track: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const draft = join(directory, '..', newToken(4));
  await writeFile(draft, `${track}\n`.repeat(PLAYLIST_LINES));
  await rename(draft, join(directory, 'holdfast.loc'));
}
