import type { MediaPlace } from '../media';
import type { CallIdentity } from './call-identity';
import type { CallProgress, QueuePlace } from './call-progress';
import type { CallStatus } from './call-state';
import type { OtherSide, RingingPlace } from './leg';
import type { TerminationReason } from './termination';

/**
 * A call as another gateway needs it to carry on: who it is, its dialog, its media, and where its program is. When it comes to
 * mean something else, RECORD_VERSION of call-keys.ts is raised.
 */
export interface CallRecord {
  readonly callSid: string;
  readonly identity: CallIdentity;
  readonly status: CallStatus;
  /** Epoch ms, as all `...At`. */
  readonly createdAt: number;
  readonly answeredAt?: number;
  readonly endedAt?: number;
  readonly endReason?: TerminationReason;
  /** Facts stated so far. */
  readonly factCount: number;
  readonly sipCallId?: string;
  /** drachtio's id of the dialog with the far end; missing until it is answered. */
  readonly dialogId?: string;
  /** That has the dialog; missing where there is one only. */
  readonly sipServer?: string;
  /** What the far end was told of our media last, which the next description is the next version of (RFC 3264 section 8). */
  readonly toldSdp?: string;
  readonly media?: MediaPlace;
  /** Of a leg that nobody has answered yet. */
  readonly ringing?: RingingPlace;
  /** To whom it is joined inside the gateway; who takes one of the two over has both (take-calls.lua). */
  readonly insideWith?: OtherSide;
  readonly queueEntry?: QueuePlace;
  readonly progress?: CallProgress;
  /** Those it has placed and that live. */
  readonly legs?: readonly CallRecord[];
}

/** A record whose gateway we are now. */
export interface OwnedRecord {
  /** Raised each time the call gets another gateway: whoever has a lower one is fenced. */
  readonly epoch: number;
  readonly record: CallRecord;
}
