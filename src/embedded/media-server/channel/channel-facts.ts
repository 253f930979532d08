import type { G711Law } from '../../../protocol/g711';
import type { ChannelPhase } from './channel-state';

/** What is known of a channel from its INVITE. */
export interface ChannelFacts {
  readonly uuid: string;
  readonly name: string;
  readonly callerName: string;
  readonly callerNumber: string;
  readonly destination: string;
  readonly networkAddress: string;
  readonly law: G711Law;
}

/** A channel as its headers show it. */
export interface ChannelView {
  readonly uuid: string;
  readonly facts: ChannelFacts;
  readonly phase: ChannelPhase;
  readonly callState: 'DOWN' | 'RINGING' | 'ACTIVE' | 'HANGUP';
  readonly law: G711Law;
  /** Epoch ms; 0 before the answer. */
  readonly createdAt: number;
  readonly answeredAt: number;
  readonly hangupCause: string | undefined;
  readonly partner: { readonly uuid: string } | undefined;
  readonly variables: ReadonlyMap<string, string>;
}
