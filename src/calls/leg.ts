import type { MediaEndpoint, MediaPlace } from '../media';
import type { TerminationReason } from './termination';

/** A leg of ours that rings, as another gateway needs it to hear its answer, or to give it up. */
export interface RingingPlace {
  /** drachtio's id of the dialog that the answer makes. */
  readonly dialogId: string;
  /** What the far end was offered. */
  readonly toldSdp: string;
  readonly media: MediaPlace;
  /** A tenant named it: from where its answer comes is judged before it is acknowledged. */
  readonly isTenants: boolean;
}

/** The other side of a call that never leaves the gateway: the leg, and the call whose record tells of it (first: take-calls.lua reads it). */
export interface OtherSide {
  readonly callSid: string;
  readonly legSid: string;
}

/** How a call reaches the gateway: a SIP dialog, or another call inside it. The door that made it implements it. */
export interface Leg {
  /** What is known of its SIP side, for webhooks and traces. */
  readonly sipCallId: string | undefined;
  /** drachtio's id of its confirmed dialog, by which another gateway could go on with it. */
  readonly dialogId: string | undefined;
  /** What the far end of an answered dialog was told of our media last. */
  readonly toldSdp?: string | undefined;
  /** Of an INVITE of ours that is on its way. */
  readonly ringing?: RingingPlace | undefined;
  /** Of one that is answered and never leaves the gateway. */
  readonly insideWith?: OtherSide | undefined;
  /** Media for the call; answers the caller with it on inbound legs. */
  answer(): Promise<MediaEndpoint>;
  /** Tells the far end that it is being alerted; only before the answer. */
  ring(): void;
  /** Ends the leg in the way its state asks for: a final response, a CANCEL or a BYE. Releases its endpoint. */
  end(reason: TerminationReason): Promise<void>;
}
