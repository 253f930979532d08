import { messageOf, pause } from '../lib';
import type { AdoptOutcome, EndOutcome, EntryRef } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import { endEntry } from './end-entry';
import { QueueStay } from './queue-stay';
import { untilAborted } from './sounds';
import type { VerbContext } from './verb-context';

/** Between attempts while Redis fails: the caller hears his music meanwhile. */
const RETRY_MS = 500;

/**
 * Carries on with a stay in a queue that began on another gateway: waiting, being served, talking, or ended without anybody
 * having been told. The entry keeps its place, its claim and its one result.
 */
export async function resumeStay(verb: EnqueueVerb, context: VerbContext, entry: EntryRef): Promise<EndOutcome> {
  const { call, ports } = context;
  const end = (cause: 'hangup' | 'bridge-ended' | 'system-error'): Promise<EndOutcome> => endEntry(ports, call, entry, cause, () => 0);
  const adopted = await adopt(context, entry);
  if (call.ended) return end('hangup');
  // Who ended it got its result; this asks for the same.
  if (!adopted || adopted.outcome !== 'adopted') return end('system-error');
  const endpoint = await context.media();
  if (adopted.entry.state === 'bridged' && !endpoint.isBridged) return end('bridge-ended');
  // The claim was given up while nobody looked after the caller: whoever he talks to is not his agent any more.
  if (!adopted.entry.claim && endpoint.isBridged) await endpoint.unbridge();
  return QueueStay.resume(verb, context, endpoint, entry, adopted.entry).untilEnded();
}

/** Undefined when the call ended meanwhile. */
async function adopt({ call, ports, signal }: VerbContext, entry: EntryRef): Promise<AdoptOutcome | undefined> {
  while (!signal.aborted) {
    try {
      const adopted = await ports.queues.adopt(entry, call.epoch);
      // Another gateway has the call by now, and this one is about to hear of it.
      if (adopted.outcome === 'stale') await untilAborted(signal);
      return adopted;
    } catch (error) {
      ports.report(call, `the queue entry was not taken over: ${messageOf(error)}`);
      await pause(ports.clock, RETRY_MS, signal);
    }
  }
  return undefined;
}
