import { SCALE_MANTISSAS } from './tables';

const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

export interface BandShape {
  /** The quantizer's first scale factor (32 in the lower band, 8 in the higher). */
  readonly firstScale: number;
  /** Limit of the logarithmic scale factor. */
  readonly mostLogScale: number;
  /** Exponent offset of the linear scale factor: 8 in the lower band, 10 in the higher. */
  readonly exponent: number;
}

export const LOW_BAND: BandShape = Object.freeze({ firstScale: 32, mostLogScale: 18_432, exponent: 8 });
export const HIGH_BAND: BandShape = Object.freeze({ firstScale: 8, mostLogScale: 22_528, exponent: 10 });

/**
 * The adaptive predictor and scale factor of one band, the same in encoder and decoder (G.722 sections 3.4 to 3.6 and
 * blocks 3 and 4 of section 6.2). All arithmetic is on 16-bit integers with the Recommendation's roundings, so that
 * both ends stay bit-exact.
 */
export class Band {
  /** What the next sample is expected to be. */
  estimate = 0;
  /** Scale factor of the quantizer. */
  scale: number;
  readonly #shape: BandShape;
  #logScale = 0;
  /** Output of the zero section. */
  #zeroPart = 0;
  readonly #differences = new Int32Array(7);
  readonly #zeros = new Int32Array(7);
  #pole1 = 0;
  #pole2 = 0;
  #rebuilt1 = 0;
  #rebuilt2 = 0;
  #partSign1 = 0;
  #partSign2 = 0;

  constructor(shape: BandShape) {
    this.#shape = shape;
    this.scale = shape.firstScale;
  }

  /** Adapts to one sample: `difference` from the estimate as the inverse quantizer gave it, `step` of the scale. */
  adapt(difference: number, step: number): void {
    this.#adaptScale(step);
    const rebuilt = saturate(this.estimate + difference);
    const partSign = saturate(this.#zeroPart + difference) >> 15;
    this.#adaptPoles(partSign);
    this.#adaptZeros(difference);
    this.#rebuilt2 = this.#rebuilt1;
    this.#rebuilt1 = rebuilt;
    this.#partSign2 = this.#partSign1;
    this.#partSign1 = partSign;
    this.#predict();
  }

  #adaptScale(step: number): void {
    const { mostLogScale, exponent } = this.#shape;
    const log = ((this.#logScale * 127) >> 7) + step;
    this.#logScale = log < 0 ? 0 : log > mostLogScale ? mostLogScale : log;
    const mantissa = SCALE_MANTISSAS[(this.#logScale >> 6) & 31] ?? 0;
    const shift = exponent - (this.#logScale >> 11);
    this.scale = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  /** UPPOL2 and UPPOL1. */
  #adaptPoles(sign: number): void {
    const quadruple = saturate(this.#pole1 << 2);
    const towards = sign === this.#partSign1 ? Math.min(32_767, -quadruple) : quadruple;
    const bias = sign === this.#partSign2 ? 128 : -128;
    const second = (towards >> 7) + bias + ((this.#pole2 * 32_512) >> 15);
    const pole2 = second > 12_288 ? 12_288 : second < -12_288 ? -12_288 : second;
    const first = saturate((sign === this.#partSign1 ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
    const limit = saturate(15_360 - pole2);
    this.#pole1 = first > limit ? limit : first < -limit ? -limit : first;
    this.#pole2 = pole2;
  }

  /** UPZERO, with the delay line moved on. */
  #adaptZeros(difference: number): void {
    const [zeros, differences] = [this.#zeros, this.#differences];
    const gain = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    differences[0] = difference;
    for (let i = 6; i > 0; i -= 1) {
      const old = differences[i] ?? 0;
      const pull = old >> 15 === sign ? gain : -gain;
      zeros[i] = saturate(pull + (((zeros[i] ?? 0) * 32_640) >> 15));
      differences[i] = differences[i - 1] ?? 0;
    }
  }

  /** FILTEP, FILTEZ and PREDIC. */
  #predict(): void {
    const poles = ((this.#pole1 * saturate(this.#rebuilt1 * 2)) >> 15)
      + ((this.#pole2 * saturate(this.#rebuilt2 * 2)) >> 15);
    let zeroPart = 0;
    for (let i = 6; i > 0; i -= 1) {
      zeroPart += ((this.#zeros[i] ?? 0) * saturate((this.#differences[i] ?? 0) * 2)) >> 15;
    }
    this.#zeroPart = saturate(zeroPart);
    this.estimate = saturate(saturate(poles) + this.#zeroPart);
  }
}
