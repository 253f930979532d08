import { parse, parsePayloads, type MediaDescription, type SessionDescription } from 'sdp-transform';

/** Direction as seen by the side that wrote the description (RFC 8866 section 6.7). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface RtpCodec {
  readonly payloadType: number;
  /** Encoding name as registered, upper case for comparison (`PCMU`, `TELEPHONE-EVENT`). */
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly fmtp?: string;
}

export interface SdpOrigin {
  readonly username: string;
  /** Decimal digits; kept as text because it may be longer than a safe integer. */
  readonly id: string;
  readonly version: number;
}

/** One m= line as far as an answer has to repeat it. */
export interface MediaLine {
  readonly type: string;
  readonly protocol: string;
  readonly payloads: string;
  readonly port: number;
}

/** What a description says of its first usable audio stream. */
export interface AudioDescription {
  readonly origin: SdpOrigin;
  readonly address: string;
  readonly port: number;
  /** `c=0.0.0.0` (hold in RFC 2543 style, RFC 3264 section 8.4) is already folded in: that side receives nothing. */
  readonly direction: MediaDirection;
  /** In the order of preference, telephone-event and comfort noise left out. */
  readonly codecs: readonly RtpCodec[];
  readonly telephoneEvent?: RtpCodec;
  readonly ptimeMs?: number;
  /** Where RTCP goes when it is not the next port (RFC 3605). */
  readonly rtcpPort?: number;
  /** All m= lines in order, and which of them this is. */
  readonly mediaLines: readonly MediaLine[];
  readonly mediaIndex: number;
}

export type SdpParsing =
  | { readonly outcome: 'audio'; readonly audio: AudioDescription }
  /** Well-formed, but without an RTP/AVP audio stream with a port. */
  | { readonly outcome: 'no-audio' }
  | { readonly outcome: 'invalid'; readonly reason: string };

/** Payload types that need no rtpmap (RFC 3551 table 4), as far as telephony meets them. */
const STATIC_CODECS: Readonly<Record<number, { name: string; clockRate: number }>> = Object.freeze({
  0: { name: 'PCMU', clockRate: 8000 },
  3: { name: 'GSM', clockRate: 8000 },
  4: { name: 'G723', clockRate: 8000 },
  8: { name: 'PCMA', clockRate: 8000 },
  9: { name: 'G722', clockRate: 8000 },
  13: { name: 'CN', clockRate: 8000 },
  18: { name: 'G729', clockRate: 8000 },
});

const PLAIN_RTP = new Set(['RTP/AVP', 'RTP/AVPF']);

function codecsOf(media: MediaDescription): RtpCodec[] {
  const codecs: RtpCodec[] = [];
  for (const payloadType of parsePayloads(String(media.payloads ?? ''))) {
    const mapped = media.rtp.find((entry) => entry.payload === payloadType);
    const fixed = STATIC_CODECS[payloadType];
    if (!mapped && !fixed) continue;
    const fmtp = media.fmtp.find((entry) => entry.payload === payloadType)?.config;
    codecs.push({
      payloadType,
      name: mapped ? String(mapped.codec).toUpperCase() : (fixed?.name ?? ''),
      clockRate: mapped?.rate ?? fixed?.clockRate ?? 8000,
      channels: Number(mapped?.encoding ?? 1),
      ...(fmtp === undefined ? {} : { fmtp: String(fmtp) }),
    });
  }
  return codecs;
}

const WITHOUT_RECEIVING: Readonly<Record<MediaDirection, MediaDirection>> = Object.freeze({
  sendrecv: 'sendonly', sendonly: 'sendonly', recvonly: 'inactive', inactive: 'inactive',
});

function factsOf(description: SessionDescription, media: MediaDescription, mediaIndex: number): AudioDescription {
  const address = String(media.connection?.ip ?? description.connection?.ip ?? '');
  const direction = media.direction ?? description.direction ?? 'sendrecv';
  const codecs = codecsOf(media);
  const telephoneEvent = codecs.find((codec) => codec.name === 'TELEPHONE-EVENT' && codec.clockRate === 8000);
  const { origin } = description;
  return {
    origin: {
      username: String(origin.username), id: String(origin.sessionId), version: Number(origin.sessionVersion),
    },
    address,
    port: media.port,
    direction: address === '0.0.0.0' ? WITHOUT_RECEIVING[direction] : direction,
    codecs: codecs.filter((codec) => codec.name !== 'TELEPHONE-EVENT' && codec.name !== 'CN'),
    ...(telephoneEvent ? { telephoneEvent } : {}),
    ...(media.ptime ? { ptimeMs: media.ptime } : {}),
    ...(media.rtcp ? { rtcpPort: media.rtcp.port } : {}),
    mediaLines: description.media.map((line) => ({
      type: line.type, protocol: line.protocol, payloads: String(line.payloads ?? ''), port: line.port,
    })),
    mediaIndex,
  };
}

function parseDescription(text: string): SessionDescription | string {
  try {
    return parse(text);
  } catch (error) {
    // sdp-transform throws on a line of a known type that does not match its grammar
    return error instanceof Error ? error.message : String(error);
  }
}

/** Reads an offer or an answer. */
export function parseAudioSdp(text: string): SdpParsing {
  const description = parseDescription(text);
  if (typeof description === 'string') return { outcome: 'invalid', reason: description };
  if (description.version === undefined || description.origin === undefined) {
    return { outcome: 'invalid', reason: 'v= or o= is missing' };
  }
  const mediaIndex = description.media.findIndex(
    (line) => line.type === 'audio' && line.port > 0 && PLAIN_RTP.has(line.protocol),
  );
  const media = description.media[mediaIndex];
  if (!media) return { outcome: 'no-audio' };
  const audio = factsOf(description, media, mediaIndex);
  return audio.address === '' ? { outcome: 'invalid', reason: 'c= is missing' } : { outcome: 'audio', audio };
}
