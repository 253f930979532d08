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
 * Mono samples at another rate by a polyphase windowed-sinc filter, for whole clips (the ends fade into silence).
 * Any pair of integer rates; 8, 16, 22.05, 44.1 and 48 kHz need at most 441 phases.
 */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples;
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const phases = toRate / divisor;
  const step = fromRate / divisor;
  const cutoff = PASS_BAND * Math.min(1, toRate / fromRate);
  const reach = Math.ceil(HALF_WIDTH / cutoff);
  const bank = Array.from({ length: phases }, (_, phase) => phaseTaps(phase / phases, cutoff, reach));
  const out = new Int16Array(Math.floor((samples.length * phases) / step));
  for (let n = 0; n < out.length; n += 1) {
    const position = n * step;
    const first = Math.floor(position / phases) - reach + 1;
    const taps = bank[position % phases] ?? new Float64Array(0);
    let sum = 0;
    for (let i = 0; i < taps.length; i += 1) sum += (taps[i] ?? 0) * (samples[first + i] ?? 0);
    out[n] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}
