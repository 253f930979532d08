import { sequenceDistance } from '../../../protocol/rtp';

/** Packets in a row from one other place before it is believed to be the far end (not a stray packet). */
const LATCH_PACKETS = 3;
/** A far end that sent within this time is not given up for another. */
const ALIVE_MS = 1_000;
/** Only so long after the SDP named a place may packets from another address begin the stream. */
const OPENING_MS = 10_000;
/** Places that are watched at once; more is somebody trying. */
const MAX_CANDIDATES = 8;

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface Arrival extends Place {
  readonly ssrc: number;
  readonly sequence: number;
}

interface Candidate {
  readonly ssrc: number;
  sequence: number;
  count: number;
}

/**
 * Where to send: the place the SDP names, until packets keep coming from elsewhere (symmetric RTP, RFC 4961). So that
 * a stranger who sends to our ports hears nothing ("RTP bleed"), another place is believed only after three packets of
 * one stream in a row, and only
 * - at the start of the stream, while the far end has not been heard: a NAT whose mapping the SDP cannot know;
 * - later for the same stream (SSRC) from another place: a mapping that changed;
 * - later for a new stream from the same address, when the old one has been silent for a second.
 * Packets from the very place in the SDP are right whenever the stream is in its opening.
 */
export class RemoteSource {
  /** As the SDP has it. */
  #named: Place;
  #place: Place;
  #namedAtMs: number;
  #heardAtMs: number | undefined;
  #ssrc: number | undefined;
  readonly #candidates = new Map<string, Candidate>();

  /** `nowMs` is monotonic, here and below. */
  constructor(place: Place, nowMs: number) {
    this.#named = place;
    this.#place = place;
    this.#namedAtMs = nowMs;
  }

  get place(): Place {
    return this.#place;
  }

  /** The SDP names a place: the same one again changes nothing. */
  moveTo(place: Place, nowMs: number): void {
    if (samePlace(place, this.#named)) return;
    this.#named = place;
    this.#place = place;
    this.#namedAtMs = nowMs;
    this.#heardAtMs = undefined;
    this.#ssrc = undefined;
    this.#candidates.clear();
  }

  /** A valid packet came; returns whether it belongs to the stream. */
  accept(arrival: Arrival, nowMs: number): boolean {
    const opening = nowMs - this.#namedAtMs < OPENING_MS;
    if (samePlace(arrival, this.#place) || (opening && samePlace(arrival, this.#named))) {
      return this.#follow(arrival, nowMs);
    }
    if (!this.#mayMove(arrival, opening, nowMs)) return false;
    return this.#inARow(arrival) && this.#follow(arrival, nowMs);
  }

  #follow({ address, port, ssrc }: Arrival, nowMs: number): true {
    this.#place = { address, port };
    this.#heardAtMs = nowMs;
    this.#ssrc = ssrc;
    this.#candidates.clear();
    return true;
  }

  #mayMove(arrival: Arrival, opening: boolean, nowMs: number): boolean {
    if (this.#heardAtMs === undefined) return opening || arrival.address === this.#place.address;
    if (arrival.ssrc === this.#ssrc) return true;
    return arrival.address === this.#place.address && nowMs - this.#heardAtMs >= ALIVE_MS;
  }

  #inARow({ address, port, ssrc, sequence }: Arrival): boolean {
    const key = `${address} ${port}`;
    const known = this.#candidates.get(key);
    if (!known || known.ssrc !== ssrc || sequenceDistance(known.sequence, sequence) !== 1) {
      if (!known && this.#candidates.size >= MAX_CANDIDATES) return false;
      this.#candidates.set(key, { ssrc, sequence, count: 1 });
      return false;
    }
    known.sequence = sequence;
    known.count += 1;
    return known.count >= LATCH_PACKETS;
  }
}

const samePlace = (a: Place, b: Place): boolean => a.address === b.address && a.port === b.port;
