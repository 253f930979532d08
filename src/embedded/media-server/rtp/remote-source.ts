/**
 * Packets in a row from one other place before it is believed to be the far end (a NAT's mapping, not a stray packet).
 */
const LATCH_PACKETS = 3;
/** A far end that sent within this time is not given up for another. */
const ALIVE_MS = 1_000;

export interface Place {
  readonly address: string;
  readonly port: number;
}

/**
 * Where to send: the place the SDP names, until packets keep coming from elsewhere (symmetric RTP, RFC 4961;
 * FreeSWITCH: rtp auto-adjust). While the current place is sending, nobody else can take the stream over.
 */
export class RemoteSource {
  #place: Place;
  #heardAtMs: number | undefined;
  #candidate: Place | undefined;
  #count = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  get place(): Place {
    return this.#place;
  }

  /** The SDP names another place. */
  moveTo(place: Place): void {
    if (place.address === this.#place.address && place.port === this.#place.port) return;
    this.#place = place;
    this.#heardAtMs = undefined;
    this.#candidate = undefined;
  }

  /** A valid packet came from here; returns whether it belongs to the stream. `nowMs` is monotonic. */
  accept(address: string, port: number, nowMs: number): boolean {
    if (address === this.#place.address && port === this.#place.port) {
      this.#heardAtMs = nowMs;
      this.#candidate = undefined;
      return true;
    }
    if (this.#heardAtMs !== undefined && nowMs - this.#heardAtMs < ALIVE_MS) return false;
    if (this.#candidate?.address !== address || this.#candidate.port !== port) {
      this.#candidate = { address, port };
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count < LATCH_PACKETS) return false;
    this.#place = this.#candidate;
    this.#heardAtMs = nowMs;
    this.#candidate = undefined;
    return true;
  }
}
