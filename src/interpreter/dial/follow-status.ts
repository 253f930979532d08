import type { Call } from '../../calls';
import type { NumberNoun, SipNoun } from '../../twiml';
import { type StatusEvent, StatusReporter } from '../status-reporter';
import { resolveUrl } from '../resolve-url';
import type { VerbContext } from '../verb-context';

/** Reports the leg's progress to the noun's statusCallback, in order, until the leg ends (contracts/twilio 7.2). */
export function followStatus(context: VerbContext, leg: Call, noun: NumberNoun | SipNoun): void {
  const url = noun.statusCallback ? resolveUrl(context, noun.statusCallback) : undefined;
  if (!url) return;
  const events = new Set<StatusEvent>(noun.statusCallbackEvent);
  new StatusReporter(context.ports, context.account, leg, { url, method: noun.statusCallbackMethod }, events).start();
}
