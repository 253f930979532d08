import { timestampDistance } from '../../../protocol/rtp';

/** One byte is one timestamp unit: G.711 is a byte a sample, G.722 a byte for two with a clock of 8000 all the same. */
const FRAME = 160;
/**
 * First delay between arrival and playing: one packet, 20 ms. With the wait for the next frame's turn that is 20 to 40 ms,
 * so a paced sender whose packets wander by up to 15 ms loses none from the first packet on; two packets would make every
 * conversation 20 ms later for networks that are worse, and those are noticed with their first late packet.
 */
const START_DELAY = FRAME;
/** More delay than this is worse than what is lost without it (ITU-T G.114: 150 ms one way is still good). */
const MAX_DELAY = 10 * FRAME;
/** Arrivals are judged over this many packets, two seconds of them. */
const WINDOW = 100;
/** Kept between the latest arrival and its playing when the delay shrinks. */
const MARGIN = FRAME;

interface Waiting {
  readonly timestamp: number;
  readonly payload: Buffer;
}

/**
 * Plays received packets at their timestamps, a little later than they come. The delay follows the arrivals: a packet
 * that comes too late makes it longer at once, two seconds in which all came early make it a frame shorter.
 */
export class JitterBuffer {
  /** In the order of their timestamps. */
  readonly #waiting: Waiting[] = [];
  /** Timestamp of the next byte to give out. */
  #head: number | undefined;
  /** Timestamp after the last audio given out: what lies before it would be heard in the wrong order. */
  #heardUpTo: number | undefined;
  #late = 0;
  #played = 0;
  #seen = 0;
  #leastSlack = Number.POSITIVE_INFINITY;

  /** Packets that came after their time. */
  get late(): number {
    return this.#late;
  }

  /** Packets of which something was given out. */
  get played(): number {
    return this.#played;
  }

  /** Milliseconds of audio held back now. */
  get depthMs(): number {
    const last = this.#waiting.at(-1);
    if (!last || this.#head === undefined) return 0;
    return Math.max(0, timestampDistance(this.#head, last.timestamp) + last.payload.length) / 8;
  }

  /** Forgets what it holds: another source or codec begins. */
  reset(): void {
    this.#waiting.length = 0;
    this.#head = undefined;
    this.#heardUpTo = undefined;
    this.#beginWindow();
  }

  push(timestamp: number, payload: Buffer): void {
    if (payload.length === 0) return;
    this.#head ??= timestamp - START_DELAY;
    // what is left of the time until the packet is due; negative when it is late
    const slack = timestampDistance(this.#head, timestamp);
    if (slack < -MAX_DELAY || slack > MAX_DELAY + payload.length) this.#resume(timestamp);
    else if (slack < 0) this.#comeLate(slack, payload.length);
    else this.#judge(slack);
    this.#insert({ timestamp, payload });
  }

  /** Fills one frame; `silence` where nothing is. Returns whether any of it is audio. */
  pull(out: Uint8Array, silence: number): boolean {
    if (this.#head === undefined) {
      out.fill(silence);
      return false;
    }
    const head = this.#head;
    this.#head = (head + out.length) >>> 0;
    let [at, any] = [0, false];
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const start = timestampDistance(head, first.timestamp);
      if (start >= out.length) break;
      const skipped = Math.max(0, at - start);
      const part = first.payload.subarray(skipped, skipped + out.length - Math.max(at, start));
      if (part.length > 0) {
        if (start > at) out.fill(silence, at, start);
        at = Math.max(at, start);
        out.set(part, at);
        at += part.length;
        any = true;
        this.#heardUpTo = (head + at) >>> 0;
      }
      if (start + first.payload.length > out.length) break; // the rest belongs to the next frame
      if (part.length > 0) this.#played += 1;
      this.#waiting.shift();
    }
    out.fill(silence, at);
    return any;
  }

  /** As pull, for a frame that nobody hears. */
  skip(bytes: number): void {
    if (this.#head === undefined) return;
    this.#head = (this.#head + bytes) >>> 0;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (timestampDistance(this.#head, first.timestamp) + first.payload.length > 0) return;
      this.#waiting.shift();
    }
  }

  #insert(packet: Waiting): void {
    if (this.#heardUpTo !== undefined && timestampDistance(this.#heardUpTo, packet.timestamp) < 0) return;
    let at = this.#waiting.length;
    while (at > 0 && timestampDistance(this.#waiting[at - 1]?.timestamp ?? 0, packet.timestamp) < 0) at -= 1;
    if (at > 0 && this.#waiting[at - 1]?.timestamp === packet.timestamp) return; // came twice
    this.#waiting.splice(at, 0, packet);
  }

  /** A new stretch: after a pause in which the timestamps stood still, or ran on otherwise than time did. */
  #resume(timestamp: number): void {
    this.#waiting.length = 0;
    this.#heardUpTo = undefined;
    this.#head = (timestamp - START_DELAY) >>> 0;
    this.#beginWindow();
  }

  #comeLate(slack: number, length: number): void {
    if (slack <= -length) this.#late += 1;
    // So much later that it is still in time, as long as that does not make the delay too long.
    const longer = Math.min(FRAME - slack, MAX_DELAY - this.depthMs * 8);
    if (longer > 0 && this.#head !== undefined) this.#head = (this.#head - longer) >>> 0;
    this.#beginWindow();
  }

  #judge(slack: number): void {
    this.#leastSlack = Math.min(this.#leastSlack, slack);
    this.#seen += 1;
    if (this.#seen < WINDOW) return;
    if (this.#leastSlack >= MARGIN + FRAME && this.#head !== undefined) this.#head = (this.#head + FRAME) >>> 0;
    this.#beginWindow();
  }

  #beginWindow(): void {
    this.#seen = 0;
    this.#leastSlack = Number.POSITIVE_INFINITY;
  }
}
