import { messageOf, pause as pauseFor } from '../lib';
import type { Layer } from '../media';
import { isRedisUnavailable } from '../platform/redis';
import { pause } from './sounds';
import type { VerbContext } from './verb-context';

/** Redis is away for less when it is restarted or fails over; who waits for longer is better told. */
export const REDIS_PATIENCE_MS = 120_000;
const RETRY_MS = 500;

interface Patience {
  readonly ms: number;
  /** Plays the hold music meanwhile. */
  readonly withMusic: boolean;
}

/**
 * Does what Redis is needed for as soon as that answers: somebody who comes while it is away is not turned away because of that.
 * Rejects as the last attempt did when it is away for too long, when the call is over, and at once when something else is wrong.
 */
export async function whenRedisAnswers<T>(context: VerbContext, work: (isRepeated: boolean) => Promise<T>, patience: Patience): Promise<T> {
  const { call, ports, signal } = context;
  const until = ports.clock.monotonic() + patience.ms;
  let music: Layer | undefined;
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work(attempt > 0);
      } catch (error) {
        if (signal.aborted || !isRedisUnavailable(error) || ports.clock.monotonic() >= until) throw error;
        if (attempt === 0) {
          ports.report(call, `it is waited for Redis: ${messageOf(error)}`);
          if (patience.withMusic) music = await (await context.media()).addLayer(...ports.holdMusic);
        }
        if (await pause(context, RETRY_MS)) throw error;
      }
    }
  } finally {
    await music?.remove();
  }
}

/**
 * The same for what a gateway has to know before it carries on with a call of another one: also of a caller who is gone somebody has to be
 * told how it ended, so it does not matter whether he is there. What his channel plays goes on meanwhile.
 */
export async function resumedWhenRedisAnswers<T>({ call, ports }: VerbContext, work: () => Promise<T>): Promise<T> {
  const { clock } = ports;
  const until = clock.monotonic() + REDIS_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRedisUnavailable(error) || clock.monotonic() >= until) throw error;
      ports.report(call, `it is waited for Redis to carry on: ${messageOf(error)}`);
      await pauseFor(clock, RETRY_MS);
    }
  }
}
