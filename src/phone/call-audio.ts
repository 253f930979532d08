import { type Clock, GatewayError, systemClock, TypedEmitter } from '../lib';
import { dominantTone, rms, SAMPLE_RATE, toneShare } from './goertzel';
import { FRAME_MS } from './pacing-wheel';
import {
  type Gap, gapsIn, type ReceivedPacket, sequenceBreaks, ssrcsIn, type StreamBreak, timestampBreaks,
} from './stream-continuity';

/** Below this root mean square (about -50 dBFS) a stretch of sound counts as silence; idle A-law gives 8, mu-law 0. */
export const SILENCE_RMS = 100;
/** A frequency is heard when it holds at least this share of the energy: each of two equally loud tones is. */
const HEARD_SHARE = 0.4;
/** Window of live questions: long enough to ignore the click at a change of source. */
const LIVE_WINDOW_MS = 60;

/** A key press that arrived by RFC 4733; `startedAt` is the arrival of its first packet. */
export interface ReceivedDigit {
  readonly digit: string;
  readonly startedAt: number;
  readonly durationMs: number;
}

export interface CallAudioOptions {
  /** false: keep times and numbers but no sound (for load, where only continuity matters). Default true. */
  readonly keepSound?: boolean;
  readonly clock?: Clock;
}

/** Everything one call heard, packet by packet, and the answers to what a journey asks about it. */
export class CallAudio extends TypedEmitter<{ packet: [packet: ReceivedPacket]; digit: [digit: ReceivedDigit] }> {
  readonly #packets: ReceivedPacket[] = [];
  readonly #digits: ReceivedDigit[] = [];
  readonly #keepSound: boolean;
  readonly #clock: Clock;

  constructor(options: CallAudioOptions = {}) {
    super();
    this.#keepSound = options.keepSound ?? true;
    this.#clock = options.clock ?? systemClock;
  }

  /** Adds one packet of the stream, in order of arrival. */
  add(packet: ReceivedPacket): void {
    this.#packets.push(this.#keepSound || !packet.samples ? packet : { ...packet, samples: undefined });
    this.emit('packet', packet);
  }

  addDigit(digit: ReceivedDigit): void {
    this.#digits.push(digit);
    this.emit('digit', digit);
  }

  get packets(): readonly ReceivedPacket[] {
    return this.#packets;
  }

  /** Keys received by RFC 4733 so far, in order: '12#'. */
  get digits(): string {
    return this.#digits.map(({ digit }) => digit).join('');
  }

  get receivedDigits(): readonly ReceivedDigit[] {
    return this.#digits;
  }

  /** The sound that arrived in [fromAt, toAt), joined in order of arrival. */
  samplesBetween(fromAt: number, toAt: number): Int16Array {
    const chosen: Int16Array[] = [];
    for (let index = this.#packets.length - 1; index >= 0; index -= 1) {
      const packet = this.#packets[index];
      if (!packet || packet.at < fromAt) break;
      if (packet.at < toAt && packet.samples) chosen.push(packet.samples);
    }
    return joined(chosen.reverse());
  }

  /** The sound of the last `ms` received, counted by packets and not by the clock: a late reader loses nothing. */
  latest(ms: number): Int16Array {
    const chosen: Int16Array[] = [];
    for (let index = this.#packets.length - 1; index >= 0 && chosen.length * FRAME_MS < ms; index -= 1) {
      const samples = this.#packets[index]?.samples;
      if (samples) chosen.push(samples);
    }
    return joined(chosen.reverse());
  }

  /** The strongest tone heard in the 100 ms that begin at `at`, or undefined for silence or no clear tone. Hz. */
  toneAt(at: number, windowMs = 100): number | undefined {
    const samples = this.samplesBetween(at, at + windowMs);
    if (rms(samples) < SILENCE_RMS) return undefined;
    const { frequency, share } = dominantTone(samples);
    return share >= HEARD_SHARE ? frequency : undefined;
  }

  /** Whether `frequency` (Hz) is sounding right now: in the last 60 ms received, and those arrived within 200 ms. */
  hears(frequency: number): boolean {
    const last = this.#packets.at(-1);
    if (!last || this.#nowAt() - last.at > 200) return false;
    return isHeard(this.latest(LIVE_WINDOW_MS), frequency);
  }

  /** Whether the last `ms` received were silent (or nothing at all arrived). */
  isSilent(ms = 200): boolean {
    return rms(this.latest(ms)) < SILENCE_RMS;
  }

  /**
   * Waits until `frequency` (Hz) is heard, counting from now or from `fromAt`; resolves with the arrival time of the
   * packet that completed it. Rejects with `phone-tone-not-heard`, saying what was heard instead.
   */
  waitForTone(frequency: number, options: { withinMs: number; fromAt?: number }): Promise<number> {
    const fromAt = options.fromAt ?? this.#nowAt();
    return this.#waitFor(options.withinMs, `${frequency} Hz`, () => {
      const last = this.#packets.at(-1);
      if (!last || last.at < fromAt) return undefined;
      const heard = this.samplesBetween(Math.max(fromAt, last.at - LIVE_WINDOW_MS), last.at + 1);
      const enough = heard.length >= (SAMPLE_RATE * (LIVE_WINDOW_MS - FRAME_MS)) / 1000;
      return enough && isHeard(heard, frequency) ? last.at : undefined;
    });
  }

  /** Waits until `ms` of silence were received in a row; resolves with the arrival time of the last packet of them. */
  waitForSilence(options: { ms?: number; withinMs: number }): Promise<number> {
    const ms = options.ms ?? 200;
    const fromAt = this.#nowAt();
    return this.#waitFor(options.withinMs, `${ms} ms of silence`, () => {
      const last = this.#packets.at(-1);
      if (!last) return undefined;
      const heard = this.samplesBetween(fromAt, last.at + 1);
      const wanted = (ms * SAMPLE_RATE) / 1000;
      return heard.length >= wanted && rms(heard.subarray(-wanted)) < SILENCE_RMS ? last.at : undefined;
    });
  }

  /** Waits until the keys received end with `digits`; rejects with `phone-digits-not-received`. */
  waitForDigits(digits: string, options: { withinMs: number }): Promise<void> {
    if (this.digits.endsWith(digits)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const off = this.on('digit', () => {
        if (!this.digits.endsWith(digits)) return;
        off();
        timer.cancel();
        resolve();
      });
      const timer = this.#clock.after(options.withinMs, () => {
        off();
        const message = `digits ${digits} did not arrive within ${options.withinMs} ms, only '${this.digits}'`;
        reject(new GatewayError('phone-digits-not-received', message));
      });
    });
  }

  /** Arrival time of the first packet (from `fromAt` on) in which `frequency` is heard, or undefined. */
  firstTimeOf(frequency: number, fromAt = 0): number | undefined {
    return this.#packets.find((packet) => packet.at >= fromAt && packetHas(packet, frequency))?.at;
  }

  /** Arrival time of the last packet in which `frequency` is heard: when the tone or the music stopped. */
  lastTimeOf(frequency: number): number | undefined {
    return this.#packets.findLast((packet) => packetHas(packet, frequency))?.at;
  }

  /** Inter-arrival gaps over `overMs` (60); with bounds also from `fromAt` to the first and the last to `toAt`. */
  gaps(options: { overMs?: number; fromAt?: number; toAt?: number } = {}): Gap[] {
    return gapsIn(this.#packets, options);
  }

  /** Distinct SSRCs in order of appearance. */
  ssrcs(): number[] {
    return ssrcsIn(this.#packets);
  }

  /** Where timestamps stood still or went back within one SSRC (RFC 3550 5.1). */
  timestampBreaks(): StreamBreak[] {
    return timestampBreaks(this.#packets);
  }

  timestampsMonotonic(): boolean {
    return this.timestampBreaks().length === 0;
  }

  /** Where a sequence number was not its predecessor plus one within one SSRC. */
  sequenceBreaks(): StreamBreak[] {
    return sequenceBreaks(this.#packets);
  }

  sequenceContinuous(): boolean {
    return this.sequenceBreaks().length === 0;
  }

  /** The whole call as one stretch of 8 kHz sound; gaps over 60 ms become silence: a recording must not hide them. */
  timeline(): Int16Array {
    const stretches: Int16Array[] = [];
    let endsAt: number | undefined;
    for (const { at, samples } of this.#packets) {
      if (!samples) continue;
      const startsAt = at;
      if (endsAt !== undefined && startsAt - endsAt > 60 - FRAME_MS) {
        stretches.push(new Int16Array(Math.round(((startsAt - endsAt) * SAMPLE_RATE) / 1000)));
      }
      stretches.push(samples);
      endsAt = startsAt + (samples.length * 1000) / SAMPLE_RATE;
    }
    return joined(stretches);
  }

  #nowAt(): number {
    return epochOf(this.#clock);
  }

  #waitFor(withinMs: number, what: string, check: () => number | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const off = this.on('packet', () => {
        const at = check();
        if (at === undefined) return;
        off();
        timer.cancel();
        resolve(at);
      });
      const timer = this.#clock.after(withinMs, () => {
        off();
        const message = `${what} not heard within ${withinMs} ms; heard ${this.describeLatest()}`;
        reject(new GatewayError('phone-tone-not-heard', message));
      });
    });
  }

  /** One line on the last 200 ms, for messages. */
  describeLatest(): string {
    if (this.#packets.length === 0) return 'nothing (no packet ever arrived)';
    const samples = this.latest(200);
    const loudness = rms(samples);
    if (loudness < SILENCE_RMS) return `silence after ${this.#packets.length} packets`;
    const { frequency, share } = dominantTone(samples);
    return `${Math.round(frequency)} Hz with ${Math.round(share * 100)} % of the energy, rms ${Math.round(loudness)}`;
  }
}

/** Epoch milliseconds with a fraction that never go back: the monotonic clock moved to the epoch it started in. */
export function epochOf(clock: Clock): number {
  return clock === systemClock ? performance.timeOrigin + performance.now() : clock.now();
}

function isHeard(samples: Int16Array, frequency: number): boolean {
  return rms(samples) >= SILENCE_RMS && toneShare(samples, frequency) >= HEARD_SHARE;
}

function packetHas(packet: ReceivedPacket, frequency: number): boolean {
  return packet.samples !== undefined && isHeard(packet.samples, frequency);
}

function joined(stretches: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(stretches.reduce((length, stretch) => length + stretch.length, 0));
  let offset = 0;
  for (const stretch of stretches) {
    whole.set(stretch, offset);
    offset += stretch.length;
  }
  return whole;
}
