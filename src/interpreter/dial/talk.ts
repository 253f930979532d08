import { deferred, messageOf } from '../../lib';
import type { Bridge, MediaEndpoint } from '../../media';
import type { DialVerb } from '../../twiml';
import type { VerbContext } from '../verb-context';

/**
 * Until the two stop hearing each other: somebody hangs up, presses star, the time limit is reached, or `enough` says so.
 * Returns the ms they had.
 */
export async function talk(
  verb: DialVerb,
  context: VerbContext,
  own: MediaEndpoint,
  bridge: Bridge,
  enough?: Promise<void>,
): Promise<number> {
  const { clock } = context.ports;
  const startedAt = clock.monotonic() - talkedBefore(context);
  const over = deferred<void>();
  const onAbort = (): void => over.resolve();
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) onAbort();
  const limit = clock.after(Math.max(0, startedAt + verb.timeLimit * 1_000 - clock.monotonic()), () => over.resolve());
  const stopListening = own.on('digit', (digit) => {
    if (verb.hangupOnStar && digit === '*') over.resolve();
  });
  await Promise.race([bridge.ended, over.promise, ...(enough ? [enough] : [])]);
  limit.cancel();
  stopListening();
  context.signal.removeEventListener('abort', onAbort);
  const talkedMs = clock.monotonic() - startedAt;
  if (!own.gone) {
    await bridge.end().catch((error: unknown) => context.ports.report(context.call, `the bridge was not ended: ${messageOf(error)}`));
  }
  return talkedMs;
}

/** Ms that the two have talked on other gateways; notes for the next one when they began. */
export function talkedBefore({ call, ports, resumed }: VerbContext): number {
  const { bridgedAt } = call.verbState;
  if (resumed && typeof bridgedAt === 'number') return Math.max(0, ports.clock.now() - bridgedAt);
  call.noteVerbState({ bridgedAt: ports.clock.now() });
  return 0;
}
