import type { EndCause, EntryState, QueueResult } from '../../../src/queueing';

/** What the model is asked to do. A call can stay in queues several times, one after the other: `stay` names one of them. */
export type Operation =
  | {
      readonly op: 'join';
      readonly call: string;
      readonly stay: string;
      readonly queue: string;
      readonly gateway: string;
      readonly priority: number;
    }
  | {
      readonly op: 'claim';
      readonly agent: string;
      readonly queue: string;
      readonly gateway: string;
      readonly wait: boolean;
      readonly target?: string;
    }
  | { readonly op: 'abandon'; readonly agent: string; readonly token?: string }
  | { readonly op: 'begin-bridge' | 'mark-bridged'; readonly stay: string; readonly token: string }
  | { readonly op: 'end'; readonly stay: string; readonly cause: EndCause }
  | { readonly op: 'adopt'; readonly stay: string; readonly gateway: string; readonly epoch: number }
  | { readonly op: 'view'; readonly stay: string }
  | { readonly op: 'lookup'; readonly call: string }
  | { readonly op: 'summary' | 'delete'; readonly queue: string };

/** What was seen. Everything but the tokens is compared for equality. */
export interface Observed {
  readonly outcome: string;
  readonly stay?: string;
  readonly position?: number;
  readonly size?: number;
  readonly maxSize?: number;
  readonly waiting?: number;
  readonly agentsWaiting?: number;
  readonly state?: EntryState;
  readonly result?: QueueResult;
  readonly agent?: string;
  readonly token?: string;
  readonly actionToken?: string;
}
