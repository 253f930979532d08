import { newUuid } from '../../../lib';
import type { Application } from '../channel/app-runner';
import type { Channel } from '../channel/channel';
import type { RecordEnd, RecordPlan } from '../rtp/engine-messages';
import type { RecordResult } from '../rtp/rtp-engine';
import { stopOnTerminator } from './playback';

const CAUSES: Readonly<Record<RecordEnd, string>> = Object.freeze({
  stopped: 'success-stopped', limit: 'success-maxtime', silence: 'success-silence', failed: 'uri-failure',
});

/** Starts a recording with its events; resolves when the file is complete. */
export async function recordFile(channel: Channel, recordId: string, plan: RecordPlan): Promise<RecordResult> {
  const { engine } = channel.around;
  const ended = engine.record(channel.uuid, recordId, plan);
  channel.publish('RECORD_START', () => ({ 'Record-File-Path': plan.path }));
  const result = await ended;
  const ms = result.samples / 8;
  channel.variables.set('record_samples', String(result.samples));
  channel.variables.set('record_ms', String(Math.floor(ms)));
  channel.variables.set('record_seconds', String(Math.floor(ms / 1000)));
  channel.variables.set('record_completion_cause', CAUSES[result.end]);
  const cause = CAUSES[result.end];
  channel.publish('RECORD_STOP', () => ({ 'Record-File-Path': plan.path, 'Record-Completion-Cause': cause }));
  return result;
}

/**
 * `record <file> [<limit s>] [<silence threshold>] [<silence hits>]`: the far end, until limit, silence, key or break.
 */
export const record = (channel: Channel): Application => async (run) => {
  const { engine } = channel.around;
  const [path = '', limit = '0', threshold = '200', hits = '0'] = run.argument.split(/\s+/);
  if (path === '') return 'FILE NOT FOUND';
  // While a channel records it hears silence, not what is paused below (switch_ivr_record_file).
  const hush = engine.play(channel.uuid, [{ kind: 'silence', samples: Number.POSITIVE_INFINITY }], 1, run.level);
  const recordId = newUuid();
  const stop = (): void => engine.stopRecord(channel.uuid, recordId);
  run.onInterrupt(stop);
  stopOnTerminator(channel, run, stop);
  const result = await recordFile(channel, recordId, {
    path, what: 'read', limitMs: Number(limit) * 1000,
    silenceThreshold: Number(threshold), silenceHits: Number(hits) * 50,
  });
  engine.stopPlay(channel.uuid, hush.playId);
  await hush.ended;
  return result.end === 'failed' ? 'PLAYBACK ERROR' : 'FILE PLAYED';
};

export type RecordingStart = 'started' | 'already-recording';

/** Records into `path` beside whatever runs, until `stopRecording` or the end of the channel. */
export function startRecording(channel: Channel, path: string, limitSeconds = 0): RecordingStart {
  if (channel.recordings.has(path)) return 'already-recording';
  const recordId = newUuid();
  channel.recordings.set(path, recordId);
  const plan: RecordPlan = { path, ...sidesOf(channel), limitMs: limitSeconds * 1000, silenceHits: 0, silenceThreshold: 0 };
  void recordFile(channel, recordId, plan).then(() => channel.recordings.delete(path));
  return 'started';
}

/** What the channel's variables say, as switch_ivr_record_session reads them when a recording starts. */
function sidesOf({ variables }: Channel): Pick<RecordPlan, 'what' | 'stereo'> {
  const isOn = (name: string): boolean => variables.get(name) === 'true';
  const what = isOn('RECORD_READ_ONLY') ? 'read' : isOn('RECORD_WRITE_ONLY') ? 'write' : 'both';
  return { what, stereo: isOn('RECORD_STEREO') };
}

/** `all` stops every recording. False when there is none of that name. */
export function stopRecording(channel: Channel, path: string): boolean {
  const paths = path === 'all' ? [...channel.recordings.keys()] : [path];
  const ids = paths.flatMap((each) => channel.recordings.get(each) ?? []);
  for (const id of ids) channel.around.engine.stopRecord(channel.uuid, id);
  return ids.length > 0;
}

/** `record_session <file> [+<limit s>]`: complete at once, records on. */
export const recordSession = (channel: Channel): Application => async (run) => {
  const [path = '', limit = '0'] = run.argument.split(/\s+/);
  if (path !== '') startRecording(channel, path, Number(limit.replace('+', '')));
  return '_none_';
};

export const stopRecordSession = (channel: Channel): Application => async (run) => {
  stopRecording(channel, run.argument.trim());
  return '_none_';
};
