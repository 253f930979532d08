import { Band, HIGH_BAND, LOW_BAND } from './band';
import {
  HIGH_LEVELS, HIGH_SCALE_STEPS, LOW_CODE_NEGATIVE, LOW_CODE_POSITIVE, LOW_DECISION_LEVELS, LOW_LEVELS_4,
  LOW_SCALE_STEPS, MIRROR_TAPS,
} from './tables';

const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

/** The higher band of 8 kHz audio is nothing: the code of the smallest step, under which its scale shrinks. */
const EMPTY_HIGH_BAND = 0xc0;

/** One direction of one stream; its state follows all audio encoded so far. */
export class G722Encoder {
  readonly #low = new Band(LOW_BAND);
  readonly #high = new Band(HIGH_BAND);
  /** The latest 24 samples of the mirror filter. */
  readonly #history = new Int32Array(24);

  /** 16 kHz samples, one byte for two; an odd last sample is left out. */
  encode(samples: Int16Array): Uint8Array {
    const bytes = new Uint8Array(samples.length >> 1);
    const history = this.#history;
    for (let i = 0; i < bytes.length; i += 1) {
      history.copyWithin(0, 2);
      history[22] = samples[2 * i] ?? 0;
      history[23] = samples[2 * i + 1] ?? 0;
      let [odd, even] = [0, 0];
      for (let tap = 0; tap < 12; tap += 1) {
        odd += (history[2 * tap] ?? 0) * (MIRROR_TAPS[tap] ?? 0);
        even += (history[2 * tap + 1] ?? 0) * (MIRROR_TAPS[11 - tap] ?? 0);
      }
      bytes[i] = (this.#encodeHigh((even - odd) >> 14) << 6) | this.#encodeLow((even + odd) >> 14);
    }
    return bytes;
  }

  /** 8 kHz samples, one byte each: they are the lower band as they stand, without filter and resampling. */
  encodeNarrow(samples: Int16Array): Uint8Array {
    const bytes = new Uint8Array(samples.length);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = EMPTY_HIGH_BAND | this.#encodeLow((samples[i] ?? 0) >> 1);
    return bytes;
  }

  #encodeLow(sample: number): number {
    const band = this.#low;
    const difference = saturate(sample - band.estimate);
    const size = difference >= 0 ? difference : -(difference + 1);
    let interval = 1;
    while (interval < 30 && size >= ((LOW_DECISION_LEVELS[interval] ?? 0) * band.scale) >> 12) interval += 1;
    const code = (difference < 0 ? LOW_CODE_NEGATIVE[interval] : LOW_CODE_POSITIVE[interval]) ?? 0;
    const coarse = code >> 2;
    band.adapt((band.scale * (LOW_LEVELS_4[coarse] ?? 0)) >> 15, LOW_SCALE_STEPS[coarse] ?? 0);
    return code;
  }

  #encodeHigh(sample: number): number {
    const band = this.#high;
    const difference = saturate(sample - band.estimate);
    const size = difference >= 0 ? difference : -(difference + 1);
    const large = size >= (564 * band.scale) >> 12;
    const code = (difference < 0 ? 1 : 3) - (large ? 1 : 0);
    band.adapt((band.scale * (HIGH_LEVELS[code] ?? 0)) >> 15, HIGH_SCALE_STEPS[code] ?? 0);
    return code;
  }
}
