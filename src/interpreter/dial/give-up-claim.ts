import { messageOf, pause } from '../../lib';
import type { AbandonOutcome } from '../../queueing';
import type { VerbContext } from '../verb-context';

/** Redis may be away for a moment; an agent who is given up only here would be given callers. */
const ATTEMPTS = 5;
const RETRY_MS = 500;

/**
 * Gives the agent's place in the line up; a caller claimed in that moment goes back to his own place. Tells what had come of
 * the claim of this Dial; undefined when Redis does not answer.
 */
export async function giveUpClaim({ call, ports }: VerbContext, dial: string): Promise<AbandonOutcome | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await ports.queues.abandonClaim(call.identity.accountSid, call.sid, { dial });
    } catch (error) {
      ports.report(call, `the claim could not be given up: ${messageOf(error)}`);
      await pause(ports.clock, RETRY_MS);
    }
  }
  return undefined;
}
