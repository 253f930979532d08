import type { AudioCodec } from '../../../protocol/sdp';
import type { ChannelPhase } from './channel-state';

/** What is known of a channel from its INVITE. */
export interface ChannelFacts {
  readonly uuid: string;
  readonly name: string;
  readonly callerName: string;
  readonly callerNumber: string;
  readonly destination: string;
  readonly networkAddress: string;
  readonly codec: AudioCodec;
}

/** A channel as its headers show it. */
export interface ChannelView {
  readonly uuid: string;
  readonly facts: ChannelFacts;
  readonly phase: ChannelPhase;
  readonly callState: 'DOWN' | 'RINGING' | 'ACTIVE' | 'HANGUP';
  readonly codec: AudioCodec;
  /** Epoch ms; 0 before the answer. */
  readonly createdAt: number;
  readonly answeredAt: number;
  readonly hangupCause: string | undefined;
  readonly partner: { readonly uuid: string } | undefined;
  readonly variables: ReadonlyMap<string, string>;
}
