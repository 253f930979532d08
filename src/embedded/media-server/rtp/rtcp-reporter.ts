import type { Socket } from 'node:dgram';
import {
  decodeRtcp, encodeRtcp, ntpMiddle, ntpOf, type ReceptionReport, ReceptionStatistics,
} from '../../../protocol/rtcp';
import type { Place } from './remote-source';

/** What the stream knows about itself when a report is due. */
export interface SendingFacts {
  readonly ssrc: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
  readonly sending: boolean;
  readonly to: Place | undefined;
}

/** What the far end's reports say. */
export interface FarReports {
  readonly received: number;
  /** Packets of ours it misses, of all it expected. */
  readonly lost: number;
  readonly jitter: number;
  /** Undefined until it has answered a sender report. */
  readonly roundTripMs: number | undefined;
}

/** Interval when nothing is said: the least of RFC 3550 section 6.2; two members never need a longer one. */
export const RTCP_INTERVAL_MS = 5_000;

/** Reports of one stream on the port above its RTP port (RFC 3550 sections 6.3 and 11). */
export class RtcpReporter {
  #statistics = new ReceptionStatistics();
  #remoteSsrc: number | undefined;
  #dueAtMs: number | undefined;
  #packetsAtLast = 0;
  #lastSenderReport = { middle: 0, atMs: 0 };
  #far: FarReports = { received: 0, lost: 0, jitter: 0, roundTripMs: undefined };

  /** `intervalMs` 0 sends none. `now` is monotonic, `wall` epoch milliseconds. */
  constructor(
    private readonly socket: Socket,
    private readonly intervalMs: number,
    private readonly around: { now(): number; wall(): number },
    private readonly cname: string,
  ) {
    socket.on('error', () => undefined); // an unreachable port of the far end: it has no RTCP
  }

  get far(): FarReports {
    return this.#far;
  }

  get lost(): number {
    return this.#statistics.lost;
  }

  /** In timestamp units. */
  get jitter(): number {
    return this.#statistics.jitter;
  }

  /** A packet of the stream; `repeats`: its timestamp was that of an earlier one. */
  count(ssrc: number, sequence: number, timestamp: number, repeats: boolean): void {
    if (ssrc !== this.#remoteSsrc) {
      this.#remoteSsrc = ssrc;
      this.#statistics = new ReceptionStatistics();
    }
    this.#statistics.receive(sequence, timestamp, repeats ? undefined : this.around.now() * 8);
  }

  /** A datagram came to the RTCP port; returns whether it is a report of the far end. */
  receive(bytes: Buffer): boolean {
    const decoded = decodeRtcp(bytes);
    if (decoded.outcome === 'invalid') return false;
    const { report } = decoded;
    if (this.#remoteSsrc !== undefined && report.ssrc !== this.#remoteSsrc) return false;
    if (report.sender) this.#lastSenderReport = { middle: ntpMiddle(report.sender.ntp), atMs: this.around.now() };
    const [first] = report.reports;
    this.#far = {
      received: this.#far.received + 1,
      lost: first?.lost ?? this.#far.lost,
      jitter: first?.jitter ?? this.#far.jitter,
      roundTripMs: (first && this.#roundTrip(first)) ?? this.#far.roundTripMs,
    };
    return true;
  }

  /** Sends a report when one is due; `facts` are asked for then only. */
  tick(now: number, facts: () => SendingFacts): void {
    if (this.intervalMs === 0) return;
    this.#dueAtMs ??= now + this.#interval() / 2; // the first one comes earlier (section 6.2)
    if (now < this.#dueAtMs) return;
    this.#dueAtMs = now + this.#interval();
    this.#send(facts(), false);
  }

  /** Says goodbye and closes the port. */
  close(facts: SendingFacts): void {
    const said = this.#packetsAtLast > 0 || this.#far.received > 0;
    if (this.intervalMs === 0 || !facts.to || !said) this.socket.close();
    else this.#send(facts, true);
  }

  /** Half to one and a half times the interval, so that streams do not all report at once (section 6.3.1). */
  #interval(): number {
    return this.intervalMs * (0.5 + Math.random());
  }

  #send(facts: SendingFacts, bye: boolean): void {
    const { ssrc, rtpTimestamp, packets, octets, to } = facts;
    const active = facts.sending && packets > this.#packetsAtLast;
    this.#packetsAtLast = packets;
    const sender = { ntp: ntpOf(this.around.wall()), rtpTimestamp, packets, octets };
    const reports = this.#reports();
    const bytes = encodeRtcp({ ssrc, reports, cname: this.cname, bye, ...(active ? { sender } : {}) });
    const done = bye ? (): void => void this.socket.close() : (): void => undefined;
    if (to && to.port > 0) this.socket.send(bytes, to.port, to.address, done);
    else done();
  }

  #reports(): ReceptionReport[] {
    if (this.#remoteSsrc === undefined) return [];
    const { middle, atMs } = this.#lastSenderReport;
    const statistics = this.#statistics;
    return [{
      ssrc: this.#remoteSsrc, fractionLost: statistics.takeFractionLost(), lost: statistics.lost,
      highestSequence: statistics.highestSequence, jitter: statistics.jitter, lastSenderReport: middle,
      sinceLastSenderReport: middle === 0 ? 0 : Math.round(((this.around.now() - atMs) * 65_536) / 1_000),
    }];
  }

  #roundTrip({ lastSenderReport, sinceLastSenderReport }: ReceptionReport): number | undefined {
    if (lastSenderReport === 0) return undefined;
    const units = (ntpMiddle(ntpOf(this.around.wall())) - lastSenderReport - sinceLastSenderReport) | 0;
    return units < 0 ? undefined : (units * 1_000) / 65_536;
  }
}
