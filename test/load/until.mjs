import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

/** `event` of the call; rejects when it ends before, or does not come in time. */
export async function until(call, event) {
  const gaveUp = new AbortController();
  const { signal } = gaveUp;
  const fails = async (why) => {
    throw new Error(await why);
  };
  const over = fails(once(call, 'ended', { signal }).then(([by]) => `the call ended by ${by} before it ${event}`));
  const late = fails(pause(PATIENCE_MS, `a call not ${event} within ${PATIENCE_MS} ms`, { signal }));
  try {
    return await Promise.race([once(call, event, { signal }), over, late]);
  } finally {
    gaveUp.abort();
    await Promise.allSettled([over, late]);
  }
}
