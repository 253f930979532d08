import { encodeTelephoneEvent, eventOfDigit } from './telephone-event';

/**
 * One packet of a key press; all packets of the press share the RTP timestamp of its start (RFC 4733 section 2.5.1.2).
 */
export interface KeyPressPacket {
  /** Set on the first packet only. */
  readonly marker: boolean;
  readonly payload: Buffer;
  /** Which 20 ms slot after the start the packet belongs to; the last three share one slot. */
  readonly slot: number;
}

export interface KeyPressOptions {
  /** How long the key is held; default 100 ms, at least two packets' time. */
  readonly durationMs?: number;
  /** Timestamp units between packets; default 160 (20 ms at 8 kHz). */
  readonly samplesPerPacket?: number;
  /** Power in -dBm0; default 10. */
  readonly volume?: number;
}

/** The end of an event is sent this often, because it ends the tone at the far side (RFC 4733 section 2.5.1.4). */
const END_COPIES = 3;
const SAMPLES_PER_MS = 8;

/**
 * The packets of one key press at 8 kHz: an update a slot with growing duration, then the end three times.
 * Undefined when `digit` is not a key.
 */
export function keyPressPackets(digit: string, options: KeyPressOptions = {}): KeyPressPacket[] | undefined {
  const event = eventOfDigit(digit);
  if (event === undefined) return undefined;
  const { durationMs = 100, samplesPerPacket = 160, volume = 10 } = options;
  const slots = Math.max(2, Math.round((durationMs * SAMPLES_PER_MS) / samplesPerPacket));
  const packets: KeyPressPacket[] = [];
  for (let slot = 0; slot < slots; slot += 1) {
    const end = slot === slots - 1;
    const payload = encodeTelephoneEvent({ event, end, volume, duration: (slot + 1) * samplesPerPacket });
    for (let copy = 0; copy < (end ? END_COPIES : 1); copy += 1) packets.push({ marker: slot === 0, payload, slot });
  }
  return packets;
}
