import { sequenceDistance } from '../rtp';

/** What is counted of one source's packets (RFC 3550 appendices A.1, A.3 and A.8). */
export class ReceptionStatistics {
  #base: number | undefined;
  #highest = 0;
  #wraps = 0;
  #received = 0;
  #jitter = 0;
  #transit: number | undefined;
  #expectedBefore = 0;
  #receivedBefore = 0;

  /** Extended by the number of wraps; 0 before the first packet. */
  get highestSequence(): number {
    return this.#wraps * 65_536 + this.#highest;
  }

  /** In timestamp units. */
  get jitter(): number {
    return Math.floor(this.#jitter);
  }

  get lost(): number {
    return this.#expected - this.#received;
  }

  get #expected(): number {
    return this.#base === undefined ? 0 : this.highestSequence - this.#base + 1;
  }

  /** `arrival` in timestamp units of a monotonic clock; pass `undefined` for packets that repeat a timestamp. */
  receive(sequence: number, timestamp: number, arrival: number | undefined): void {
    this.#received += 1;
    if (this.#base === undefined) {
      this.#base = sequence;
      this.#highest = sequence;
    } else if (sequenceDistance(this.#highest, sequence) > 0) {
      if (sequence < this.#highest) this.#wraps += 1;
      this.#highest = sequence;
    }
    if (arrival === undefined) return;
    const transit = (Math.round(arrival) - timestamp) | 0;
    if (this.#transit !== undefined) {
      this.#jitter += (Math.abs((transit - this.#transit) | 0) - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  /** Part of the packets lost since the last call, in 256ths. */
  takeFractionLost(): number {
    const expected = this.#expected - this.#expectedBefore;
    const lost = expected - (this.#received - this.#receivedBefore);
    this.#expectedBefore = this.#expected;
    this.#receivedBefore = this.#received;
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected));
  }
}
