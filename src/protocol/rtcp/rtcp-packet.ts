import type { NtpTime } from './ntp-time';

/** What the writer received from one source (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Since the last report, 0 to 255 of 256. */
  readonly fractionLost: number;
  /** Since the beginning; negative when packets came twice. */
  readonly lost: number;
  /** With the number of wraps in the upper 16 bits. */
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle bits of the NTP time of the last sender report, 0 without one; and 1/65536 s since it came. */
  readonly lastSenderReport: number;
  readonly sinceLastSenderReport: number;
}

export interface SenderFacts {
  readonly ntp: NtpTime;
  readonly rtpTimestamp: number;
  readonly packets: number;
  /** Payload only. */
  readonly octets: number;
}

export interface RtcpReport {
  readonly ssrc: number;
  /** Present in a sender report. */
  readonly sender?: SenderFacts;
  readonly reports: readonly ReceptionReport[];
  readonly cname?: string;
  /** The source leaves. */
  readonly bye?: boolean;
}

export type RtcpDecoding =
  | { readonly outcome: 'report'; readonly report: RtcpReport }
  | { readonly outcome: 'invalid'; readonly reason: string };

const TYPE = { senderReport: 200, receiverReport: 201, description: 202, bye: 203 } as const;
const CNAME_ITEM = 1;
const REPORT_BYTES = 24;

function packet(type: number, count: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head[0] = 0x80 | count;
  head[1] = type;
  head.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([head, body]);
}

function reportBlock(report: ReceptionReport): Buffer {
  const block = Buffer.alloc(REPORT_BYTES);
  block.writeUInt32BE(report.ssrc, 0);
  block[4] = report.fractionLost;
  block.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, report.lost)), 5, 3);
  block.writeUInt32BE(report.highestSequence >>> 0, 8);
  block.writeUInt32BE(report.jitter >>> 0, 12);
  block.writeUInt32BE(report.lastSenderReport >>> 0, 16);
  block.writeUInt32BE(report.sinceLastSenderReport >>> 0, 20);
  return block;
}

function senderBlock({ ntp, rtpTimestamp, packets, octets }: SenderFacts): Buffer {
  const block = Buffer.alloc(20);
  const words = [ntp.seconds, ntp.fraction, rtpTimestamp, packets, octets];
  words.forEach((word, i) => block.writeUInt32BE(word >>> 0, i * 4));
  return block;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A compound packet: a report first, the CNAME, BYE last (RFC 3550 section 6.1). */
export function encodeRtcp({ ssrc, sender, reports, cname = '', bye = false }: RtcpReport): Buffer {
  const blocks = reports.slice(0, 31).map(reportBlock);
  const own = uint32(ssrc);
  const report = sender
    ? packet(TYPE.senderReport, blocks.length, Buffer.concat([own, senderBlock(sender), ...blocks]))
    : packet(TYPE.receiverReport, blocks.length, Buffer.concat([own, ...blocks]));
  const name = Buffer.from(cname.slice(0, 255), 'latin1');
  const item = Buffer.concat([own, Buffer.from([CNAME_ITEM, name.length]), name]);
  // items end with a zero and are filled up to whole words (section 6.5)
  const description = Buffer.concat([item, Buffer.alloc(4 - (item.length % 4))]);
  return Buffer.concat([
    report, packet(TYPE.description, 1, description), ...(bye ? [packet(TYPE.bye, 1, own)] : []),
  ]);
}

function readReports(body: Buffer, at: number, count: number): ReceptionReport[] {
  const reports: ReceptionReport[] = [];
  for (let i = 0; i < count && at + REPORT_BYTES <= body.length; i += 1, at += REPORT_BYTES) {
    reports.push({
      ssrc: body.readUInt32BE(at),
      fractionLost: body.readUInt8(at + 4),
      lost: body.readIntBE(at + 5, 3),
      highestSequence: body.readUInt32BE(at + 8),
      jitter: body.readUInt32BE(at + 12),
      lastSenderReport: body.readUInt32BE(at + 16),
      sinceLastSenderReport: body.readUInt32BE(at + 20),
    });
  }
  return reports;
}

function readSender(body: Buffer): SenderFacts | undefined {
  if (body.length < 24) return undefined;
  return {
    ntp: { seconds: body.readUInt32BE(4), fraction: body.readUInt32BE(8) },
    rtpTimestamp: body.readUInt32BE(12), packets: body.readUInt32BE(16), octets: body.readUInt32BE(20),
  };
}

function readCname(body: Buffer): string | undefined {
  if (body.length < 6 || body[4] !== CNAME_ITEM) return undefined;
  return body.toString('latin1', 6, 6 + body.readUInt8(5));
}

/** Reads a compound packet (RFC 3550 appendix A.2): the first packet must be a report; unknown ones are skipped. */
export function decodeRtcp(bytes: Buffer): RtcpDecoding {
  let report: RtcpReport | undefined;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const [first, type, words] = [bytes.readUInt8(at), bytes.readUInt8(at + 1), bytes.readUInt16BE(at + 2)];
    const body = bytes.subarray(at + 4, at + 4 + words * 4);
    if (first >> 6 !== 2) return { outcome: 'invalid', reason: 'not version 2' };
    if (body.length !== words * 4 || body.length < 4) return { outcome: 'invalid', reason: 'cut off' };
    const ssrc = body.readUInt32BE(0);
    if (report === undefined) {
      if (type !== TYPE.senderReport && type !== TYPE.receiverReport) {
        return { outcome: 'invalid', reason: 'no report' };
      }
      const sender = type === TYPE.senderReport ? readSender(body) : undefined;
      const reports = readReports(body, type === TYPE.senderReport ? 24 : 4, first & 0x1f);
      report = { ssrc, reports, ...(sender ? { sender } : {}) };
    } else if (type === TYPE.description) {
      const cname = readCname(body);
      if (cname !== undefined) report = { ...report, cname };
    } else if (type === TYPE.bye) report = { ...report, bye: true };
    at += 4 + words * 4;
  }
  return report ? { outcome: 'report', report } : { outcome: 'invalid', reason: 'shorter than a report' };
}
