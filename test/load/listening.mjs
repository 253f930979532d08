import { room } from '../bench/harness/dist.mjs';
import { machineMs } from './own-stalls.mjs';

const { decodeG711 } = room('protocol/g711');
const { sequenceDistance, timestampDistance } = room('protocol/rtp');
const { rms, SILENCE_RMS, toneShare } = room('phone');

const HEARD_SHARE = 0.5;
/** A phone's jitter buffer: what comes later than this after its time is not heard. */
export const BUFFER_MS = 60;

/**
 * What one caller hears, judged packet by packet and kept as a few numbers: which tone, and what a phone with a jitter
 * buffer of 60 ms would have lacked. A packet lacks when it never came, came later than the buffer waits, or does not hold
 * what should be heard.
 */
export class Listening {
  packets = 0;
  ssrcs = 0;
  worstLateMs = 0;
  /** Longest stretch without good audio, and all of it, in ms. */
  longestGapMs = 0;
  lackingMs = 0;
  /** When each tone that is listened for was first heard, by the monotonic clock of the machine. */
  heardAt = new Map();
  /** And when last. */
  lastHeardAt = new Map();
  #tones;
  #expected;
  #expectedAt = 0;
  #onHeard;
  #ssrc;
  #last;
  #due = 0;
  #base = Infinity;
  #gapMs = 0;

  /** `expected` Hz must be in every packet from the first one that has it until `expect(undefined)`. */
  constructor(tones, onHeard) {
    this.#tones = tones;
    this.#onHeard = onHeard;
  }

  expect(hz) {
    this.#expected = hz;
    this.#expectedAt = machineMs();
    this.#gapMs = 0;
  }

  /** Until now: what never came, or does not come any more, lacks too. */
  catchUp(now) {
    if (this.#expected === undefined) return;
    const silentMs = now - (this.lastHeardAt.get(this.#expected) ?? this.#expectedAt);
    this.longestGapMs = Math.max(this.longestGapMs, silentMs > BUFFER_MS ? silentMs : 0);
  }

  /** `lateBy`: our own process stood still for so long before it read this, so it may have come that much earlier. */
  take({ ssrc, sequence, timestamp, payload, payloadType }, at, lateBy) {
    if (payloadType !== 0 && payloadType !== 8) return;
    this.packets += 1;
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.ssrcs += 1;
      this.#base = Infinity;
      this.#last = undefined;
    }
    const step = this.#last === undefined ? 0 : timestampDistance(this.#last.timestamp, timestamp) / 8;
    const missing = this.#last === undefined ? 0 : Math.max(0, sequenceDistance(this.#last.sequence, sequence) - 1);
    this.#due += step;
    const samples = decodeG711(payloadType === 0 ? 'PCMU' : 'PCMA', payload);
    const tone = this.#toneIn(samples);
    if (tone !== undefined) this.lastHeardAt.set(tone, at);
    if (tone !== undefined && !this.heardAt.has(tone)) {
      this.heardAt.set(tone, at);
      this.#onHeard(tone, at);
    }
    // The earliest packet sets the clock by which the others are late: the best that this path can do.
    this.#base = Math.min(this.#base, at - this.#due);
    this.#last = { sequence, timestamp };
    if (this.#expected === undefined || !this.heardAt.has(this.#expected)) return;
    const lateMs = Math.max(0, at - this.#due - this.#base - lateBy);
    this.worstLateMs = Math.max(this.worstLateMs, lateMs);
    if (missing > 0) this.#lacks(missing * 20);
    if (lateMs > BUFFER_MS || tone !== this.#expected) this.#lacks(20);
    else this.#gapMs = 0;
  }

  #lacks(ms) {
    this.lackingMs += ms;
    this.#gapMs += ms;
    this.longestGapMs = Math.max(this.longestGapMs, this.#gapMs);
  }

  #toneIn(samples) {
    if (rms(samples) < SILENCE_RMS) return undefined;
    return this.#tones.find((hz) => toneShare(samples, hz) >= HEARD_SHARE);
  }
}
