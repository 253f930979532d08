import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSid, newSid } from '../../lib';
import { trimSilence } from './trim-silence';
import { durationMsOf, wavShape } from './wav-shape';

/** A recording that is being made. */
export interface RecordingPlace {
  readonly sid: string;
  readonly accountSid: string;
  /** Where the media server writes it. */
  readonly path: string;
  /** Under which the account gets it, with its credentials. */
  readonly url: string;
}

/** What is kept beside the sound. */
export interface RecordingFacts {
  readonly callSid: string;
  readonly source: 'DialVerb';
  readonly track: 'both' | 'inbound' | 'outbound';
  /** Epoch ms. */
  readonly startedAt: number;
}

export interface RecordingRecord extends RecordingFacts {
  readonly sid: string;
  readonly accountSid: string;
  readonly durationMs: number;
  readonly channels: number;
}

export type KeptRecording = { readonly outcome: 'kept'; readonly recording: RecordingRecord } | { readonly outcome: 'absent' };

export interface RecordingShelfOptions {
  /** Seen by every media server and gateway under the same path. */
  readonly directory: string;
  /** Of the HTTP door that serves recordings; asked when it is needed, because a port may be chosen late. */
  readonly publicUrl: () => string;
}

/** The recordings of all accounts: a WAV file and a file of facts each, in a directory of their account. */
export class RecordingShelf {
  readonly #directory: string;
  readonly #publicUrl: () => string;

  constructor({ directory, publicUrl }: RecordingShelfOptions) {
    this.#directory = directory;
    this.#publicUrl = publicUrl;
  }

  /** A place for a new recording; its directory exists. */
  async newPlace(accountSid: string): Promise<RecordingPlace> {
    const sid = newSid('RE');
    await mkdir(join(this.#directory, accountSid), { recursive: true });
    const url = `${this.#publicUrl()}/2010-04-01/Accounts/${accountSid}/Recordings/${sid}`;
    return { sid, accountSid, path: this.#wav(accountSid, sid), url };
  }

  /** Takes in what the media server has written. `absent`: nothing, or nothing that is left after trimming. */
  async keep(place: RecordingPlace, facts: RecordingFacts, trim: boolean): Promise<KeptRecording> {
    const { sid, accountSid, path } = place;
    if (trim && (await this.#measure(path))) await trimSilence(path);
    const measured = await this.#measure(path);
    if (!measured || measured.durationMs === 0) {
      await rm(path, { force: true });
      return { outcome: 'absent' };
    }
    const recording: RecordingRecord = { sid, accountSid, ...facts, ...measured };
    await writeFile(this.#facts(accountSid, sid), JSON.stringify(recording));
    return { outcome: 'kept', recording };
  }

  /** A complete recording and its sound's path; undefined when the account has none of that SID. */
  async find(accountSid: string, sid: string): Promise<{ readonly recording: RecordingRecord; readonly path: string } | undefined> {
    // Both become part of a path: nothing but SIDs may.
    if (!isSid('AC', accountSid) || !isSid('RE', sid)) return undefined;
    try {
      const recording = JSON.parse(await readFile(this.#facts(accountSid, sid), 'utf8')) as RecordingRecord;
      return { recording, path: this.#wav(accountSid, sid) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #measure(path: string): Promise<{ durationMs: number; channels: number } | undefined> {
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      // FreeSWITCH removes a recording into which nothing was written.
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!file) return undefined;
    try {
      const shape = await wavShape(file);
      return shape && { durationMs: Math.round(durationMsOf(shape)), channels: shape.channels };
    } finally {
      await file.close();
    }
  }

  #wav(accountSid: string, sid: string): string {
    return join(this.#directory, accountSid, `${sid}.wav`);
  }

  #facts(accountSid: string, sid: string): string {
    return join(this.#directory, accountSid, `${sid}.json`);
  }
}
