import { messageOf } from '../lib';
import type { Call } from '../calls';
import type { EndCause, EndOutcome, EntryRef, QueueResult } from '../queueing';
import type { InterpreterPorts } from './ports';

/** Attempts that the call waits for. */
const ATTEMPTS = 3;
const RETRY_MS = 1_000;

/** What the engine makes of a cause where it still has the state (queueing/queue-entry-state.ts). */
const RESULTS: Readonly<Record<EndCause, QueueResult>> = Object.freeze({
  leave: 'leave',
  hangup: 'hangup',
  redirect: 'redirected',
  error: 'error',
  'system-error': 'system-error',
  'bridge-ended': 'bridged',
});

/**
 * Ends the entry. A caller who is gone must not stay in the queue because Redis was away for a moment: it is tried again. When the call
 * cannot wait any longer it goes on with the result the cause stands for, and the engine ends the entry when Redis is back, with the
 * same token.
 */
export async function endEntry(
  ports: InterpreterPorts,
  call: Call,
  entry: EntryRef,
  cause: EndCause,
  waitedMs: () => number,
): Promise<EndOutcome> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await ports.queues.end(entry, cause);
    } catch (error) {
      ports.report(call, `the queue entry was not ended: ${messageOf(error)}`);
      await after(ports, RETRY_MS);
    }
  }
  return { outcome: 'ended', result: RESULTS[cause], queueTimeMs: waitedMs(), actionToken: entry.entryId };
}

const after = (ports: InterpreterPorts, ms: number): Promise<void> =>
  new Promise((resolve) => ports.clock.after(ms, () => resolve()));
