import type { Timer } from '../../lib';
import type { SipRequest } from '../../protocol/sip';
import type { AnswerRepetition, ClientTransaction, Dialog } from '../../sip-stack';
import type { AppClient } from './app-client';
import type { ReliableProvisionals } from './reliable-provisionals';

/** An ACK we sent, kept to repeat it when the 2xx is repeated. */
export interface SentAck {
  readonly inviteCSeq: number;
  readonly ack: SipRequest;
  readonly forget: Timer;
}

/** What the peer last had from us as the description of the session. */
export interface LocalSession {
  readonly contentType: string;
  readonly body: Buffer;
}

/** A session timer (RFC 4028) that runs. */
export interface SessionTimer {
  readonly seconds: number;
  readonly refresher: 'us' | 'them';
  readonly timer: Timer;
}

/** A dialog as this server keeps it: confirmed, or early when a reliable provisional response made it. */
export interface ServerDialog {
  /** drachtio's id: `<Call-ID>;from-tag=<From tag of the first INVITE>`. */
  readonly id: string;
  readonly dialog: Dialog;
  early: boolean;
  /** Our responses that want a PRACK. */
  provisionals: ReliableProvisionals | undefined;
  /** Who hears requests of the peer. Never changes: when this client is gone the peer gets 481. */
  readonly owner: AppClient;
  /** Contact of ours in this dialog. */
  localContact: string;
  /** Our 2xx that waits for its ACK. */
  readonly repetition: AnswerRepetition;
  /** Transaction id of the INVITE whose 2xx `repetition` repeats; its ACK goes to the application under the same id. */
  answeredTransactionId: string;
  /** CSeq of our INVITE whose 2xx the application has not acknowledged yet. */
  unacknowledgedCSeq: number | undefined;
  sentAck: SentAck | undefined;
  /** Our re-INVITE without a final response. */
  reinvite: ClientTransaction | undefined;
  localSession: LocalSession | undefined;
  sessionTimer: SessionTimer | undefined;
  /** The application cancelled and the 200 won: BYE follows the ACK. */
  byeAfterAck: boolean;
}
