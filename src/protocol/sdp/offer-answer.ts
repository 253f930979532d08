import type { G711Law } from '../g711';
import type { AudioDescription, MediaDirection, MediaLine, RtpCodec, SdpOrigin } from './audio-description';

/** The codecs this project has, by their encoding names. */
export type AudioCodec = G711Law | 'G722';

/** What this side brings to an offer or an answer. */
export interface LocalAudio<C extends AudioCodec = G711Law> {
  /** IP address (4 or 6) written to o= and c=. */
  readonly address: string;
  readonly port: number;
  /** The version goes up by one with each changed description of one dialog (RFC 3264 section 8). */
  readonly origin: SdpOrigin;
  /** What we can send and receive, in our order of preference. */
  readonly codecs: readonly C[];
  /** Whose order decides in an answer; default `theirs` (RFC 3264 section 6.1). */
  readonly preference?: 'ours' | 'theirs';
  /** Default `sendrecv`. */
  readonly direction?: MediaDirection;
  /** Payload type of telephone-event in an offer, default 101; an answer takes the offer's. */
  readonly telephoneEventPayloadType?: number;
  /** Default 20. */
  readonly ptimeMs?: number;
}

export type SdpAnswer<C extends AudioCodec = G711Law> =
  | {
      readonly outcome: 'answer';
      readonly sdp: string;
      readonly codec: C;
      /** Undefined when the offer has no telephone-event. */
      readonly telephoneEventPayloadType?: number;
      /** Ours, as written into the answer. */
      readonly direction: MediaDirection;
    }
  | { readonly outcome: 'no-common-codec' };

/** RFC 3551 table 4; the clock of G.722 is 8000 although it samples at 16 kHz (section 4.5.2). */
const PAYLOAD_TYPE: Readonly<Record<AudioCodec, number>> = Object.freeze({ PCMU: 0, PCMA: 8, G722: 9 });

const sends = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** The same flow told from the other side. */
export const reverseDirection = (direction: MediaDirection): MediaDirection =>
  directionOf(receives(direction), sends(direction));

function directionOf(send: boolean, receive: boolean): MediaDirection {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** What we may do when the other side wrote `remote` and we are willing to do `willing` (RFC 3264 section 6.1). */
export const answerDirection = (remote: MediaDirection, willing: MediaDirection = 'sendrecv'): MediaDirection =>
  directionOf(sends(willing) && receives(remote), receives(willing) && sends(remote));

/** The first codec in the writer's order that is in `ours`; undefined when there is none. */
export function commonCodec<C extends AudioCodec>(
  description: AudioDescription, ours: readonly C[],
): { readonly law: C; readonly codec: RtpCodec } | undefined {
  for (const codec of description.codecs) {
    const law = ours.find((name) => name === codec.name && codec.clockRate === 8000);
    if (law) return { law, codec };
  }
  return undefined;
}

/** The first of our codecs that the writer has too. */
function ourCodec<C extends AudioCodec>(
  description: AudioDescription, ours: readonly C[],
): { readonly law: C; readonly codec: RtpCodec } | undefined {
  for (const name of ours) {
    const found = commonCodec(description, [name]);
    if (found) return found;
  }
  return undefined;
}

function headLines(local: LocalAudio<AudioCodec>): string[] {
  const family = local.address.includes(':') ? 'IP6' : 'IP4';
  const { username, id, version } = local.origin;
  return [
    'v=0', `o=${username} ${id} ${version} IN ${family} ${local.address}`, 's=-',
    `c=IN ${family} ${local.address}`, 't=0 0',
  ];
}

function audioLines(
  local: LocalAudio<AudioCodec>, codecs: readonly (readonly [number, string])[], protocol: string,
  telephoneEvent: number | undefined, direction: MediaDirection,
): string[] {
  const events = telephoneEvent === undefined ? [] : [telephoneEvent];
  const payloadTypes = [...codecs.map(([payloadType]) => payloadType), ...events];
  return [
    `m=audio ${local.port} ${protocol} ${payloadTypes.join(' ')}`,
    ...codecs.map(([payloadType, name]) => `a=rtpmap:${payloadType} ${name}/8000`),
    ...events.flatMap((type) => [`a=rtpmap:${type} telephone-event/8000`, `a=fmtp:${type} 0-16`]),
    `a=ptime:${local.ptimeMs ?? 20}`,
    `a=${direction}`,
  ];
}

const rejectedLine = (line: MediaLine): string => `m=${line.type} 0 ${line.protocol} ${line.payloads}`;

const textOf = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

/** An offer of one audio stream. */
export function offerAudio(local: LocalAudio<AudioCodec>): string {
  const codecs = local.codecs.map((law) => [PAYLOAD_TYPE[law], law] as const);
  const telephoneEvent = local.telephoneEventPayloadType ?? 101;
  const direction = local.direction ?? 'sendrecv';
  return textOf([...headLines(local), ...audioLines(local, codecs, 'RTP/AVP', telephoneEvent, direction)]);
}

/** An answer: one codec that both have, the offer's telephone-event, its other streams refused with port 0. */
export function answerAudio<C extends AudioCodec>(offer: AudioDescription, local: LocalAudio<C>): SdpAnswer<C> {
  const chosen = (local.preference === 'ours' ? ourCodec : commonCodec)(offer, local.codecs);
  if (!chosen) return { outcome: 'no-common-codec' };
  const direction = answerDirection(offer.direction, local.direction);
  const telephoneEvent = offer.telephoneEvent?.payloadType;
  const media = offer.mediaLines.flatMap((line, index) =>
    index === offer.mediaIndex
      ? audioLines(local, [[chosen.codec.payloadType, chosen.law]], line.protocol, telephoneEvent, direction)
      : [rejectedLine(line)]);
  return {
    outcome: 'answer',
    sdp: textOf([...headLines(local), ...media]),
    codec: chosen.law,
    ...(telephoneEvent === undefined ? {} : { telephoneEventPayloadType: telephoneEvent }),
    direction,
  };
}
