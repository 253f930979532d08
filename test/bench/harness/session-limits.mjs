import { setTimeout as pause } from 'node:timers/promises';
import { openEventSocket } from './event-socket.mjs';

const ENOUGH = 100_000;

/** Lifts a media server's limits of channels, at once and a second, which are guards and not what is measured; returns the way back. */
export async function liftSessionLimits(address) {
  const control = await openEventSocket(address);
  const before = {};
  for (const name of ['max_sessions', 'sps']) {
    before[name] = /: ?(\d+)/.exec(await control.api(`fsctl ${name}`))?.[1];
    await control.api(`fsctl ${name} ${ENOUGH}`);
  }
  // The new rate counts from the next second on.
  await pause(1_100);
  return async () => {
    for (const [name, value] of Object.entries(before)) if (value) await control.api(`fsctl ${name} ${value}`);
    control.close();
  };
}
