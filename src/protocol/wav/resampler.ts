/** Zero crossings of the sinc kept on each side: 16 gives more than 60 dB between tone and alias at telephony rates. */
const HALF_WIDTH = 16;
/** The pass band ends here, as a part of the lower Nyquist frequency, leaving room for the filter's slope. */
const PASS_BAND = 0.92;

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Blackman window over -1 to 1. */
const blackman = (x: number): number => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);

/** One filter of a polyphase bank: the taps for outputs that lie `fraction` of an input sample after one. */
function phaseTaps(fraction: number, cutoff: number, reach: number): Float64Array {
  const taps = new Float64Array(2 * reach);
  let sum = 0;
  for (let i = 0; i < taps.length; i += 1) {
    const distance = i - reach + 1 - fraction;
    const tap = sinc(distance * cutoff) * blackman(Math.max(-1, Math.min(1, distance / reach)));
    taps[i] = tap;
    sum += tap;
  }
  return taps.map((tap) => tap / sum); // unity gain at 0 Hz in every phase
}

/**
 * Mono samples at another rate, piece by piece, by a polyphase windowed-sinc filter. Any pair of integer rates; 8, 16,
 * 22.05, 44.1 and 48 kHz need at most 441 phases, made when first used. What is before the first piece and after the
 * last counts as silence.
 */
export class Resampler {
  readonly #phases: number;
  readonly #step: number;
  readonly #cutoff: number;
  readonly #reach: number;
  readonly #bank: (Float64Array | undefined)[] = [];
  /** Input still needed; its first sample has the number `#heldFrom`. */
  #held: Int16Array;
  #heldFrom: number;
  #received = 0;
  #made = 0;

  constructor(fromRate: number, toRate: number) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.#phases = toRate / divisor;
    this.#step = fromRate / divisor;
    this.#cutoff = PASS_BAND * Math.min(1, toRate / fromRate);
    this.#reach = Math.ceil(HALF_WIDTH / this.#cutoff);
    this.#held = new Int16Array(this.#reach - 1);
    this.#heldFrom = 1 - this.#reach;
  }

  /** What can be said after these samples; the rest comes with the next ones or with `end`. */
  push(samples: Int16Array): Int16Array {
    this.#received += samples.length;
    this.#hold(samples);
    // the last output whose filter lies within what is held
    const lastCentre = this.#heldFrom + this.#held.length - 1 - this.#reach;
    return this.#make(Math.floor(((lastCentre + 1) * this.#phases - 1) / this.#step) + 1);
  }

  /** The rest; all outputs together are as long as all inputs. */
  end(): Int16Array {
    this.#hold(new Int16Array(this.#reach));
    return this.#make(Math.floor((this.#received * this.#phases) / this.#step));
  }

  #hold(samples: Int16Array): void {
    const joined = new Int16Array(this.#held.length + samples.length);
    joined.set(this.#held);
    joined.set(samples, this.#held.length);
    this.#held = joined;
  }

  /** Outputs up to `count` of all, then forgets the input that no later one needs. */
  #make(count: number): Int16Array {
    const out = new Int16Array(Math.max(0, count - this.#made));
    const [phases, held] = [this.#phases, this.#held];
    for (let n = 0; n < out.length; n += 1) {
      const position = (this.#made + n) * this.#step;
      const taps = this.#taps(position % phases);
      const first = Math.floor(position / phases) - this.#reach + 1 - this.#heldFrom;
      let sum = 0;
      for (let i = 0; i < taps.length; i += 1) sum += (taps[i] ?? 0) * (held[first + i] ?? 0);
      out[n] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }
    this.#made += out.length;
    const neededFrom = Math.floor((this.#made * this.#step) / phases) - this.#reach + 1;
    const done = Math.max(0, Math.min(held.length, neededFrom - this.#heldFrom));
    this.#held = held.slice(done);
    this.#heldFrom += done;
    return out;
  }

  #taps(phase: number): Float64Array {
    const taps = this.#bank[phase] ?? phaseTaps(phase / this.#phases, this.#cutoff, this.#reach);
    this.#bank[phase] = taps;
    return taps;
  }
}
