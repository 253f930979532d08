import { G711_SILENCE, type G711Law } from '../../../protocol/g711';
import { addSequence, sequenceDistance } from '../../../protocol/rtp';

/** Samples gathered before the first are given out: two packets, 40 ms. */
const START_SAMPLES = 320;
/** More than this means that the sender's clock is faster or a burst came: cut back to the start depth. */
const MAX_SAMPLES = 1_600;
/** A sequence number this far off is a new stream, not a late packet. */
const RESTART_DISTANCE = 100;

/** Puts received G.711 packets of any length in order and gives them out in 20 ms frames. */
export class JitterBuffer {
  readonly #waiting = new Map<number, Buffer>();
  #queue: Buffer[] = [];
  #queued = 0;
  #next: number | undefined;
  #started = false;
  #missing = 0;

  /** Packets that never came, or came too late. */
  get missing(): number {
    return this.#missing;
  }

  /** Forgets what it holds: a new listener shall not hear old audio. */
  reset(): void {
    this.#waiting.clear();
    this.#queue = [];
    this.#queued = 0;
    this.#next = undefined;
    this.#started = false;
  }

  push(sequence: number, payload: Buffer): void {
    if (this.#next === undefined || Math.abs(sequenceDistance(this.#next, sequence)) > RESTART_DISTANCE) {
      this.#waiting.clear();
      this.#next = sequence;
    }
    if (sequenceDistance(this.#next, sequence) < 0) return; // too late, its time is over
    this.#waiting.set(sequence, payload);
    this.#drainInOrder();
    if (this.#queued > MAX_SAMPLES) this.#cutTo(START_SAMPLES);
  }

  /** Fills one frame in the sender's law; silence for what is not there. Returns whether any of it is audio. */
  pull(law: G711Law, out: Uint8Array): boolean {
    if (!this.#started && this.#queued < START_SAMPLES) {
      out.fill(G711_SILENCE[law]);
      return false;
    }
    this.#started = true;
    if (this.#queued < out.length && this.#waiting.size > 0) this.#skipGap();
    let at = 0;
    while (at < out.length) {
      const head = this.#queue[0];
      if (!head) break;
      const part = head.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      this.#queued -= part.length;
      if (part.length === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(part.length);
    }
    if (at < out.length) {
      out.fill(G711_SILENCE[law], at);
      this.#started = false; // ran dry: gather again
    }
    return at > 0;
  }

  #drainInOrder(): void {
    for (;;) {
      const next = this.#next;
      const payload = next === undefined ? undefined : this.#waiting.get(next);
      if (next === undefined || !payload) return;
      this.#waiting.delete(next);
      this.#queue.push(payload);
      this.#queued += payload.length;
      this.#next = addSequence(next, 1);
    }
  }

  /** The packet that is next did not come in time: go on with the nearest that did. */
  #skipGap(): void {
    const next = this.#next ?? 0;
    const nearest = [...this.#waiting.keys()].sort((a, b) => sequenceDistance(next, a) - sequenceDistance(next, b))[0];
    if (nearest === undefined) return;
    this.#missing += sequenceDistance(next, nearest);
    this.#next = nearest;
    this.#drainInOrder();
  }

  #cutTo(samples: number): void {
    while (this.#queued > samples) {
      const head = this.#queue.shift();
      if (!head) return;
      this.#queued -= head.length;
    }
  }
}
