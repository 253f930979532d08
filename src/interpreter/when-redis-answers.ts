import { messageOf, pause } from '../lib';
import type { Layer } from '../media';
import { isRedisUnavailable } from '../platform/redis';
import type { VerbContext } from './verb-context';

/** Redis is away for less when it is restarted or fails over; who waits for longer is better told. */
export const REDIS_PATIENCE_MS = 120_000;
const RETRY_MS = 500;
/** Nobody hears silence for longer. */
const MUSIC_AFTER_MS = 300;

interface Patience {
  readonly ms: number;
  /** Plays the hold music meanwhile, as soon as it takes longer than a moment. */
  readonly withMusic: boolean;
  /** Also when the call is over. */
  readonly isForTheGone?: true;
}

/**
 * Does what Redis is needed for as soon as that answers: somebody who comes while it is away is not turned away because of that.
 * Rejects as the last attempt did when it is away for too long, when the call is over, and at once when something else is wrong.
 */
export async function whenRedisAnswers<T>(context: VerbContext, work: (isRepeated: boolean) => Promise<T>, patience: Patience): Promise<T> {
  const { call, ports } = context;
  const signal = patience.isForTheGone ? undefined : context.signal;
  const until = ports.clock.monotonic() + patience.ms;
  let music: Promise<Layer | undefined> | undefined;
  const play = (): void => {
    music = context.media().then((media) => media.addLayer(...ports.holdMusic)).catch((error: unknown) => {
      ports.report(call, `there is no music while it is waited for Redis: ${messageOf(error)}`);
      return undefined;
    });
  };
  const timer = patience.withMusic ? ports.clock.after(MUSIC_AFTER_MS, play) : undefined;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work(attempt > 0);
      } catch (error) {
        if (signal?.aborted || !isRedisUnavailable(error) || ports.clock.monotonic() >= until) throw error;
        if (attempt === 0) ports.report(call, `it is waited for Redis: ${messageOf(error)}`);
        await pause(ports.clock, RETRY_MS, signal);
        if (signal?.aborted) throw error;
      }
    }
  } finally {
    timer?.cancel();
    await (await music)?.remove();
  }
}

/**
 * The same for what a gateway has to know before it carries on with a call of another one: also of a caller who is gone somebody has to be
 * told how it ended, so it does not matter whether he is there. What his channel plays goes on meanwhile.
 */
export function resumedWhenRedisAnswers<T>(context: VerbContext, work: () => Promise<T>): Promise<T> {
  return whenRedisAnswers(context, work, { ms: REDIS_PATIENCE_MS, withMusic: false, isForTheGone: true });
}
