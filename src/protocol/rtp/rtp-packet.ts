/** One RTP packet (RFC 3550 section 5.1). Header extensions and contributing sources are skipped when reading. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits, wraps. */
  readonly sequence: number;
  /** 32 bits in clock units of the payload type (8000 a second for G.711), wraps. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

export type RtpDecoding =
  | { readonly outcome: 'packet'; readonly packet: RtpPacket }
  | { readonly outcome: 'invalid'; readonly reason: string };

export const RTP_HEADER_BYTES = 12;
const VERSION_2 = 0x80;

/** Writes a 12-byte header to the start of `target`, which the caller may reuse from packet to packet. */
export function writeRtpHeader(target: Buffer, header: Omit<RtpPacket, 'payload'>): void {
  target[0] = VERSION_2;
  target[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  target.writeUInt16BE(header.sequence & 0xffff, 2);
  target.writeUInt32BE(header.timestamp >>> 0, 4);
  target.writeUInt32BE(header.ssrc >>> 0, 8);
}

export function encodeRtp(packet: RtpPacket): Buffer {
  const bytes = Buffer.allocUnsafe(RTP_HEADER_BYTES + packet.payload.length);
  writeRtpHeader(bytes, packet);
  packet.payload.copy(bytes, RTP_HEADER_BYTES);
  return bytes;
}

/** Reads one datagram; the payload is a view on `bytes`, not a copy. */
export function decodeRtp(bytes: Buffer): RtpDecoding {
  if (bytes.length < RTP_HEADER_BYTES) return { outcome: 'invalid', reason: 'shorter than a header' };
  const first = bytes.readUInt8(0);
  if (first >> 6 !== 2) return { outcome: 'invalid', reason: 'not version 2' };
  const second = bytes.readUInt8(1);
  // RFC 5761 section 4: 64-95 with the marker bit would be RTCP (types 192-223) on the same port.
  if (second >= 192 && second <= 223) return { outcome: 'invalid', reason: 'RTCP' };
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (bytes.length < start + 4) return { outcome: 'invalid', reason: 'extension cut off' };
    start += 4 + bytes.readUInt16BE(start + 2) * 4;
  }
  const padding = first & 0x20 ? bytes.readUInt8(bytes.length - 1) : 0;
  const end = bytes.length - padding;
  if (start > end) return { outcome: 'invalid', reason: 'header longer than the packet' };
  if (first & 0x20 && padding === 0) return { outcome: 'invalid', reason: 'padding of zero bytes' };
  return {
    outcome: 'packet',
    packet: {
      payloadType: second & 0x7f,
      marker: (second & 0x80) !== 0,
      sequence: bytes.readUInt16BE(2),
      timestamp: bytes.readUInt32BE(4),
      ssrc: bytes.readUInt32BE(8),
      payload: bytes.subarray(start, end),
    },
  };
}
