import type { MediaEndpoint } from '../media';
import type { TerminationReason } from './termination';

/** How a call reaches the gateway: a SIP dialog, or another call inside it. The door that made it implements it. */
export interface Leg {
  /** What is known of its SIP side, for webhooks and traces. */
  readonly sipCallId: string | undefined;
  /** Name of the media server its media should be on, where one is preferred. */
  answer(): Promise<MediaEndpoint>;
  /** Tells the far end that it is being alerted; only before the answer. */
  ring(): void;
  /** Ends the leg in the way its state asks for: a final response, a CANCEL or a BYE. Releases its endpoint. */
  end(reason: TerminationReason): Promise<void>;
}
