import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newToken } from '../lib';
import { decodeG711 } from '../protocol/g711';
import { decodeWav, encodeWav, mixToMono, type PcmAudio, resample } from '../protocol/wav';

export type KeptAudio =
  | { readonly outcome: 'file'; readonly path: string }
  | { readonly outcome: 'failed'; readonly code: 13420; readonly message: string };

/** What telephony hears: the rate of G.711. */
const SAMPLE_RATE = 8_000;

/**
 * Turns fetched audio into files that media servers play without work: 8 kHz mono 16-bit WAV, named by account and
 * content, so that the same audio is converted once and nothing of a tenant's text becomes part of a path.
 */
export class AudioLibrary {
  readonly #directory: string;

  /** `directory` must be readable by the media servers under the same path. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps the audio; `failed` (13420) when it is no WAV and no G.711. */
  async keep(audio: { accountSid: string; body: Buffer; contentType: string }): Promise<KeptAudio> {
    const folder = join(this.#directory, audio.accountSid);
    const name = createHash('sha256').update(audio.contentType).update(audio.body).digest('hex');
    const path = join(folder, `${name}.wav`);
    if (await exists(path)) return { outcome: 'file', path };
    const decoded = decode(audio.body, audio.contentType);
    if (typeof decoded === 'string') return { outcome: 'failed', code: 13420, message: decoded };
    const samples = resample(mixToMono(decoded), decoded.sampleRate, SAMPLE_RATE);
    await mkdir(folder, { recursive: true });
    // Written aside and renamed, so that no media server reads half a file.
    const draft = `${path}.${newToken(4)}`;
    await writeFile(draft, encodeWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
    await rename(draft, path);
    return { outcome: 'file', path };
  }
}

/** The audio, or why it cannot be used. What the bytes are decides before what the header says. */
function decode(body: Buffer, contentType: string): PcmAudio | string {
  if (body.toString('latin1', 0, 4) === 'RIFF') {
    const wav = decodeWav(body);
    return wav.outcome === 'audio' ? wav.audio : `broken WAV file: ${wav.reason}`;
  }
  const law = G711_TYPES[contentType.split(';')[0]?.trim().toLowerCase() ?? ''];
  if (law) return { sampleRate: SAMPLE_RATE, channels: 1, samples: decodeG711(law, body) };
  return `audio of type "${contentType}" cannot be played: use WAV or G.711`;
}

const G711_TYPES: Readonly<Record<string, 'PCMU' | 'PCMA'>> = Object.freeze({
  'audio/basic': 'PCMU',
  'audio/ulaw': 'PCMU',
  'audio/x-mulaw': 'PCMU',
  'audio/pcmu': 'PCMU',
  'audio/alaw': 'PCMA',
  'audio/x-alaw': 'PCMA',
  'audio/pcma': 'PCMA',
});

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
