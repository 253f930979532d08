/**
 * How many channels a media server has: by its last heartbeat, and by what this gateway has made and ended since. What other gateways
 * did is heard of with the next one.
 */
export class ChannelCount {
  /** Of the last heartbeat, and how many of those are ours. */
  #all = 0;
  #ours = 0;
  #maxSessions = Number.POSITIVE_INFINITY;

  /** `maxChannels`: those that its RTP ports are enough for. */
  constructor(private readonly maxChannels = Number.POSITIVE_INFINITY) {}

  /** A heartbeat, at a time at which we have `ours`; `max` 0: it does not say. */
  take(all: number, max: number, ours: number): void {
    this.#all = all;
    this.#ours = ours;
    if (max > 0) this.#maxSessions = max;
  }

  /** A channel of another gateway's is ours from now on: it is among all of the last heartbeat already. */
  adopt(): void {
    this.#ours += 1;
  }

  /** How many it can have. */
  get capacity(): number {
    return Math.min(this.#maxSessions, this.maxChannels);
  }

  /** How many it has while `ours` are ours. */
  used(ours: number): number {
    return Math.max(ours, this.#all + ours - this.#ours);
  }
}
