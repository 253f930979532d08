import type { EslHeaders } from '../../../protocol/esl';
import type { ChannelView } from './channel-facts';
import { STATE_NAMES } from './channel-state';

/** Events that carry `variable_*` (switch_channel_event_set_extended_data); CHANNEL_CALLSTATE and DTMF do not. */
export const EXTENDED_EVENTS: ReadonlySet<string> = new Set([
  'CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_PARK', 'CHANNEL_UNPARK', 'CHANNEL_BRIDGE', 'CHANNEL_UNBRIDGE',
  'CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE', 'CHANNEL_DATA', 'CHANNEL_EXECUTE', 'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_DESTROY', 'RECORD_START', 'RECORD_STOP', 'PLAYBACK_START', 'PLAYBACK_STOP',
]);

function answerState(channel: ChannelView): string {
  if (channel.phase === 'ended') return 'hangup';
  return channel.answeredAt > 0 ? 'answered' : 'ringing';
}

const microseconds = (at: number): string => String(at * 1000);

/** The caller profile as FreeSWITCH writes it, under `Caller-` in events and `Channel-` in CHANNEL_DATA as well. */
export function profileHeaders(channel: ChannelView, prefix: string): EslHeaders {
  const { facts } = channel;
  const profile: Record<string, string> = {
    Direction: 'inbound',
    'Logical-Direction': 'inbound',
    Username: facts.callerNumber,
    Dialplan: 'XML',
    'Caller-ID-Name': facts.callerName,
    'Caller-ID-Number': facts.callerNumber,
    'Network-Addr': facts.networkAddress,
    ANI: facts.callerNumber,
    'Destination-Number': facts.destination,
    'Unique-ID': channel.uuid,
    Source: 'mod_sofia',
    Context: 'mrf',
    'Channel-Name': facts.name,
    'Profile-Index': '1',
    'Channel-Created-Time': microseconds(channel.createdAt),
    'Channel-Answered-Time': microseconds(channel.answeredAt),
  };
  return Object.fromEntries(Object.entries(profile).map(([name, value]) => [`${prefix}-${name}`, value]));
}

/** Samples a second; G.722 has 16000 although its RTP clock says 8000. */
export const rateOf = (codec: ChannelView['codec']): string => (codec === 'G722' ? '16000' : '8000');

/** Headers of a channel event (switch_channel_event_set_basic_data), with variables when `extended`. */
export function channelHeaders(channel: ChannelView, extended: boolean): EslHeaders {
  const [state, stateNumber] = STATE_NAMES[channel.phase];
  const headers: Record<string, string> = {
    'Channel-State': state,
    'Channel-Call-State': channel.callState,
    'Channel-State-Number': String(stateNumber),
    'Channel-Name': channel.facts.name,
    'Unique-ID': channel.uuid,
    'Call-Direction': 'inbound',
    'Presence-Call-Direction': 'inbound',
    'Channel-HIT-Dialplan': 'true',
    'Channel-Call-UUID': channel.uuid,
    'Answer-State': answerState(channel),
    ...(channel.hangupCause === undefined ? {} : { 'Hangup-Cause': channel.hangupCause }),
    'Channel-Read-Codec-Name': channel.codec,
    'Channel-Read-Codec-Rate': rateOf(channel.codec),
    'Channel-Read-Codec-Bit-Rate': '64000',
    'Channel-Write-Codec-Name': channel.codec,
    'Channel-Write-Codec-Rate': rateOf(channel.codec),
    'Channel-Write-Codec-Bit-Rate': '64000',
    ...profileHeaders(channel, 'Caller'),
  };
  if (channel.partner) headers['Other-Leg-Unique-ID'] = channel.partner.uuid;
  if (extended) for (const [name, value] of channel.variables) headers[`variable_${name}`] = value;
  return headers;
}
