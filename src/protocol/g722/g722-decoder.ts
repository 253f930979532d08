import { Band, HIGH_BAND, LOW_BAND } from './band';
import {
  HIGH_LEVELS, HIGH_SCALE_STEPS, LOW_LEVELS_4, LOW_LEVELS_6, LOW_SCALE_STEPS, MIRROR_TAPS,
} from './tables';

const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);
/** Each band has 15 bits (G.722 LIMIT). */
const limit = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);

/** One direction of one stream; a decoder that begins in the middle, or misses some, is right again within a few ms. */
export class G722Decoder {
  readonly #low = new Band(LOW_BAND);
  readonly #high = new Band(HIGH_BAND);
  readonly #history = new Int32Array(24);

  /** 16 kHz samples, two for each byte. */
  decode(bytes: Uint8Array): Int16Array {
    const samples = new Int16Array(bytes.length * 2);
    const history = this.#history;
    for (let i = 0; i < bytes.length; i += 1) {
      const code = bytes[i] ?? 0;
      const low = this.#decodeLow(code & 0x3f);
      const high = this.#decodeHigh(code >> 6);
      history.copyWithin(0, 2);
      history[22] = low + high;
      history[23] = low - high;
      let [first, second] = [0, 0];
      for (let tap = 0; tap < 12; tap += 1) {
        second += (history[2 * tap] ?? 0) * (MIRROR_TAPS[tap] ?? 0);
        first += (history[2 * tap + 1] ?? 0) * (MIRROR_TAPS[11 - tap] ?? 0);
      }
      samples[2 * i] = saturate(first >> 11);
      samples[2 * i + 1] = saturate(second >> 11);
    }
    return samples;
  }

  /** 8 kHz samples, one for each byte: the lower band alone, 0 to 4 kHz. */
  decodeNarrow(bytes: Uint8Array): Int16Array {
    const samples = new Int16Array(bytes.length);
    for (let i = 0; i < bytes.length; i += 1) samples[i] = saturate(this.#decodeLow((bytes[i] ?? 0) & 0x3f) << 1);
    return samples;
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    const rebuilt = limit(band.estimate + ((band.scale * (LOW_LEVELS_6[code] ?? 0)) >> 15));
    const coarse = code >> 2;
    band.adapt((band.scale * (LOW_LEVELS_4[coarse] ?? 0)) >> 15, LOW_SCALE_STEPS[coarse] ?? 0);
    return rebuilt;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const difference = (band.scale * (HIGH_LEVELS[code] ?? 0)) >> 15;
    const rebuilt = limit(band.estimate + difference);
    band.adapt(difference, HIGH_SCALE_STEPS[code] ?? 0);
    return rebuilt;
  }
}
