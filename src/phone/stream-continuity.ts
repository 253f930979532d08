import { addSequence, timestampDistance } from '../protocol/rtp';

/** One RTP packet as it arrived. */
export interface ReceivedPacket {
  /** Arrival, epoch ms with a fraction. */
  readonly at: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payloadType: number;
  /** Decoded sound, 8 kHz; undefined for telephone-event packets and when sound is not kept. */
  readonly samples: Int16Array | undefined;
  /** True for RFC 4733 telephone-event packets, whose timestamp stands still while a key is held. */
  readonly isEvent: boolean;
}

export interface Gap {
  /** Arrival of the packet before the gap, epoch ms. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** A place where a counter of the stream did not go on as it must. */
export interface StreamBreak {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

const DEFAULT_GAP_MS = 60;

export function gapsIn(
  packets: readonly ReceivedPacket[],
  { overMs = DEFAULT_GAP_MS, fromAt, toAt }: { overMs?: number; fromAt?: number; toAt?: number },
): Gap[] {
  const inside = packets.filter(({ at }) => at >= (fromAt ?? -Infinity) && at <= (toAt ?? Infinity));
  const marks = inside.map(({ at }) => at);
  if (fromAt !== undefined) marks.unshift(fromAt);
  if (toAt !== undefined) marks.push(toAt);
  const gaps: Gap[] = [];
  for (let index = 1; index < marks.length; index += 1) {
    const startedAt = marks[index - 1] ?? 0;
    const durationMs = (marks[index] ?? 0) - startedAt;
    if (durationMs > overMs) gaps.push({ startedAt, durationMs });
  }
  return gaps;
}

export function ssrcsIn(packets: readonly ReceivedPacket[]): number[] {
  return [...new Set(packets.map(({ ssrc }) => ssrc))];
}

export function timestampBreaks(packets: readonly ReceivedPacket[]): StreamBreak[] {
  return breaks(packets, (before, packet) => {
    const step = timestampDistance(before.timestamp, packet.timestamp);
    const heldKey = before.isEvent && packet.isEvent;
    return step > 0 || (heldKey && step === 0) ? undefined : { from: before.timestamp, to: packet.timestamp };
  });
}

export function sequenceBreaks(packets: readonly ReceivedPacket[]): StreamBreak[] {
  return breaks(packets, (before, packet) =>
    packet.sequence === addSequence(before.sequence, 1)
      ? undefined
      : { from: before.sequence, to: packet.sequence });
}

function breaks(
  packets: readonly ReceivedPacket[],
  compare: (before: ReceivedPacket, packet: ReceivedPacket) => { from: number; to: number } | undefined,
): StreamBreak[] {
  const lastOf = new Map<number, ReceivedPacket>();
  const found: StreamBreak[] = [];
  for (const packet of packets) {
    const before = lastOf.get(packet.ssrc);
    const broken = before && compare(before, packet);
    if (broken) found.push({ at: packet.at, ...broken });
    lastOf.set(packet.ssrc, packet);
  }
  return found;
}
