import type { AppRun } from '../channel/app-runner';
import type { Channel } from '../channel/channel';

export type SoundOutcome = 'done' | 'break' | 'over' | 'not-found' | 'error';

export interface PlayOptions {
  /** -1 is without end. */
  readonly loops?: number;
  /** First sample of a file. */
  readonly start?: number;
  /** 0 is without limit. */
  readonly timeoutMs?: number;
}

const SAMPLES_PER_MS = 8;

const isOver = (channel: Channel, run: AppRun): boolean => channel.ended || run.interrupted === 'over';

const fileType = (name: string): Record<string, string> => {
  const [, scheme] = /^(local_stream|tone_stream):/.exec(name) ?? [];
  return scheme === undefined ? {} : { 'Playback-File-Type': scheme };
};

/** Plays one sound over whatever the channel plays, until it ends or the run is interrupted. */
export async function playSound(
  channel: Channel, run: AppRun, name: string, options: PlayOptions = {},
): Promise<SoundOutcome> {
  const { engine, sounds, clock } = channel.around;
  const resolved = await sounds.resolve(name, options.start ?? 0);
  if (isOver(channel, run)) return 'over';
  if (resolved.outcome === 'not-found') return 'not-found';
  if (resolved.outcome === 'error') return 'error';
  const headers = { ...fileType(name), 'Playback-File-Path': name };
  channel.publish('PLAYBACK_START', () => headers);
  const { playId, ended } = engine.play(channel.uuid, resolved.segments, options.loops ?? 1, run.level);
  const stop = (): void => engine.stopPlay(channel.uuid, playId);
  run.onInterrupt(stop);
  const timer = options.timeoutMs ? clock.after(options.timeoutMs, stop) : undefined;
  const { samples, stopped } = await ended;
  timer?.cancel();
  const playedMs = Math.floor(samples / SAMPLES_PER_MS);
  channel.variables.set('playback_ms', String(playedMs));
  channel.variables.set('playback_seconds', String(Math.floor(playedMs / 1000)));
  channel.variables.set('playback_samples', String(samples));
  channel.variables.set('playback_last_offset_pos', String((options.start ?? 0) + samples));
  const over = stopped && isOver(channel, run);
  // A bridge, a transfer or the end of the channel is no break: the loop ends with SWITCH_STATUS_FALSE
  channel.publish('PLAYBACK_STOP', () => ({ ...headers, 'Playback-Status': stopped && !over ? 'break' : 'done' }));
  if (over) return 'over';
  return stopped ? 'break' : 'done';
}

/** Application-Response as mod_dptools sets it. */
export function playbackResponse(outcome: SoundOutcome): string {
  if (outcome === 'not-found') return 'FILE NOT FOUND';
  return outcome === 'error' || outcome === 'over' ? 'PLAYBACK ERROR' : 'FILE PLAYED';
}
