import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError, messageOf } from '../../../lib';
import type { Clip } from '../rtp/engine-messages';
import type { ClipLibrary } from './clip-library';

/**
 * The audio of a shared stream: all WAV files of a directory in the order of their names. Throws GatewayError
 * `embedded-local-stream-unusable` when the directory cannot be read, is empty, or holds a file that is no audio.
 */
export async function loadLocalStream(
  clips: ClipLibrary, name: string, directory: string, wideband: boolean,
): Promise<Clip[]> {
  const fail = (why: string): never => {
    throw new GatewayError('embedded-local-stream-unusable', `hold music ${name}: ${why}`);
  };
  const names = await readdir(directory).catch((error: unknown) => fail(messageOf(error)));
  const files = names.filter((file) => /\.(wav|pcmu|pcma)$/i.test(file)).sort();
  if (files.length === 0) fail(`no audio files in ${directory}`);
  return Promise.all(files.map(async (file) => {
    const loaded = await clips.load(join(directory, file), wideband);
    return loaded.outcome === 'clip' ? loaded.clip : fail(`${file} is not audio`);
  }));
}
