import type { WebhookParams } from '../../webhooks';

/** DialCallStatus (contracts/twilio 5.9). */
export type DialStatus = 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

export interface DialResult {
  readonly status: DialStatus;
  /** Parameters of the action request beside DialCallStatus. */
  readonly params: WebhookParams;
  /** Where the dialled party wants the caller to go (its REFER). */
  readonly transferTarget?: string;
}

/** What a final SIP status says about a call that was not answered (RFC 3261 section 21). */
export function statusOfSip(sipStatus: number): DialStatus {
  switch (sipStatus) {
    case 486:
    case 600:
      return 'busy';
    case 408:
    case 480:
    case 487:
      return 'no-answer';
    default:
      return 'failed';
  }
}

/** Whole seconds of a conversation, rounded up as billing does. */
export const talkSeconds = (ms: number): string => String(Math.ceil(ms / 1_000));
