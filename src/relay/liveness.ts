import type { Clock, Timer } from '../lib';
import type { Gateways } from './gateways';

/** Questions within the silence that is taken for death: more than one may be lost in a busy second. */
const LOOKS = 7;

/**
 * Tells frozen gateways: each that has said its name is asked again and again whether it runs. One that has not been heard for
 * `silenceMs` (and up to a seventh more) is closed, and is another client when it wakes up.
 */
export class Liveness {
  readonly #gateways: Gateways;
  readonly #clock: Clock;
  readonly #silenceMs: number;
  #timer: Timer | undefined;
  #lookedAt = 0;

  constructor(gateways: Gateways, clock: Clock, silenceMs: number) {
    this.#gateways = gateways;
    this.#clock = clock;
    this.#silenceMs = silenceMs;
  }

  start(): void {
    this.#lookedAt = this.#clock.monotonic();
    this.#timer = this.#clock.every(this.#silenceMs / LOOKS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const now = this.#clock.monotonic();
    // It was us who stood still: what they said meanwhile has not been read yet.
    const wasFrozen = now - this.#lookedAt > this.#silenceMs / 2;
    this.#lookedAt = now;
    for (const link of [...this.#gateways]) {
      // A congested one is not read.
      if (wasFrozen || link.congested) link.heardAt = now;
      if (link.name !== '' && now - link.heardAt >= this.#silenceMs) link.close('silent');
      else if (link.name !== '') link.tell('ping');
    }
  }
}
