/** What a channel is doing, beside the applications that run on it. */
export type ChannelPhase = 'created' | 'parked' | 'bridging' | 'bridged' | 'ended';

export type ChannelInput = 'park' | 'join' | 'joined' | 'end';

const TABLE: Readonly<Record<ChannelPhase, Readonly<Partial<Record<ChannelInput, ChannelPhase>>>>> = Object.freeze({
  created: Object.freeze({ park: 'parked', end: 'ended' }),
  parked: Object.freeze({ park: 'parked', join: 'bridging', end: 'ended' }),
  bridging: Object.freeze({ park: 'parked', join: 'bridging', joined: 'bridged', end: 'ended' }),
  bridged: Object.freeze({ park: 'parked', join: 'bridging', end: 'ended' }),
  ended: Object.freeze({}),
});

/** The phase after `input`, or undefined when it has no meaning in `phase`. */
export const nextPhase = (phase: ChannelPhase, input: ChannelInput): ChannelPhase | undefined => TABLE[phase][input];

/** Names on the wire (switch_channel_state_t and its number). */
export const STATE_NAMES: Readonly<Record<ChannelPhase, readonly [string, number]>> = Object.freeze({
  created: ['CS_INIT', 1],
  parked: ['CS_EXECUTE', 4],
  bridging: ['CS_HIBERNATE', 8],
  bridged: ['CS_EXCHANGE_MEDIA', 5],
  ended: ['CS_HANGUP', 10],
});
