import { GatewayError } from '../lib';
import type { RequestedDocument, TerminationReason } from '../calls';
import type { EnqueueVerb } from '../twiml';

/** A document to be requested: absolute URL, method, and parameters beside the standard ones. */
export type DocumentTarget = RequestedDocument;

/** What a verb says happens next. */
export type VerbOutcome =
  | { readonly next: 'verb' }
  | { readonly next: 'document'; readonly target: DocumentTarget }
  | { readonly next: 'hangup'; readonly reason: TerminationReason }
  | { readonly next: 'leave' }
  /** Only in a document that runs before a caller is added: what he is added to instead. */
  | { readonly next: 'enqueue'; readonly verb: EnqueueVerb }
  /** The scope that runs the document was interrupted; its owner knows why. */
  | { readonly next: 'interrupted' };

export const NEXT_VERB: VerbOutcome = Object.freeze({ next: 'verb' });
export const INTERRUPTED: VerbOutcome = Object.freeze({ next: 'interrupted' });
export const LEAVE: VerbOutcome = Object.freeze({ next: 'leave' });

export const hangup = (reason: TerminationReason): VerbOutcome => ({ next: 'hangup', reason });

/** How a document ended: its verbs ran out, or one of them said so. */
export type DocumentEnd = Exclude<VerbOutcome, { next: 'verb' }> | { readonly next: 'finished' };

/** How a call ends that a failure of ours left without a way on. */
export function reasonOf(error: unknown): TerminationReason {
  if (!(error instanceof GatewayError)) return 'internal-error';
  if (error.sipStatus === 488) return 'media-refused';
  return error.code.startsWith('media-') ? 'media-failed' : 'internal-error';
}
