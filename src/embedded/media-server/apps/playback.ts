import type { Application, AppRun, Interruption } from '../channel/app-runner';
import type { Channel } from '../channel/channel';
import { playbackResponse, playSound, type SoundOutcome } from './play-sound';

/** Keys that end a playback or a recording; FreeSWITCH takes `*` when nothing is said, and `none` for no key. */
export function terminatorsOf(channel: Channel): string {
  const set = channel.variables.get('playback_terminators') ?? '*';
  return set === 'none' ? '' : set.replace('any', '1234567890*#');
}

/** Lets a terminator key end the run; `stop` is called once. */
export function stopOnTerminator(channel: Channel, run: AppRun, stop: () => void): void {
  run.onDigit((digit) => {
    if (!terminatorsOf(channel).includes(digit)) return;
    channel.variables.set('playback_terminator_used', digit);
    stop();
  });
}

/** The files of one playback: several when `playback_delimiter` is set, each with its offset in samples. */
function filesOf(channel: Channel, argument: string): { name: string; start: number }[] {
  const delimiter = channel.variables.get('playback_delimiter');
  const isOne = !delimiter || argument.startsWith('file_string://');
  return (isOne ? [argument] : argument.split(delimiter)).map((file) => {
    const [, name = file, start = '0'] = /^(.*)@@(\d+)$/s.exec(file) ?? [];
    return { name, start: Number(start) };
  });
}

/** A run that a terminator key can end as a break would. */
class Breakable implements AppRun {
  readonly argument: string;
  readonly level: number;
  #listener: ((why: Interruption) => void) | undefined;
  #broken = false;

  constructor(private readonly run: AppRun) {
    this.argument = run.argument;
    this.level = run.level;
    run.onInterrupt((why) => this.#listener?.(why));
  }

  get interrupted(): AppRun['interrupted'] {
    return this.run.interrupted ?? (this.#broken ? 'break-all' : undefined);
  }

  onInterrupt(listener: (why: Interruption) => void): void {
    this.#listener = listener;
    if (this.interrupted) listener(this.interrupted);
  }

  onDigit(listener: (digit: string) => void): void {
    this.run.onDigit(listener);
  }

  resume(): void {
    this.run.resume();
  }

  breakAll(): void {
    this.#broken = true;
    this.#listener?.('break-all');
  }
}

/** `playback`: one sound, or a list of them one after the other; a break goes on with the next of the list. */
export const playback = (channel: Channel): Application => async (run) => {
  const breakable = new Breakable(run);
  channel.variables.set('playback_terminator_used', '');
  stopOnTerminator(channel, run, () => breakable.breakAll());
  const timeoutMs = Number(channel.variables.get('playback_timeout_sec') ?? 0) * 1000;
  channel.variables.delete('playback_timeout_sec');
  let outcome: SoundOutcome = 'not-found';
  for (const { name, start } of filesOf(channel, run.argument)) {
    outcome = await playSound(channel, breakable, name, { start, timeoutMs });
    if (breakable.interrupted === 'over' || breakable.interrupted === 'break-all') break;
    breakable.resume();
  }
  return playbackResponse(outcome);
};

/**
 * `endless_playback`: again and again; a break starts it anew (mod_dptools), only the end of the channel or a bridge
 * ends it.
 */
export const endlessPlayback = (channel: Channel): Application => async (run) => {
  let outcome: SoundOutcome;
  do {
    run.resume();
    outcome = await playSound(channel, run, run.argument, { loops: -1 });
  } while (outcome === 'break' || outcome === 'done');
  return playbackResponse(outcome);
};
