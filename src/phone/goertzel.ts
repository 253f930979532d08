/** Sampling rate of everything a phone hears and says, Hz (RFC 3551 4.5.14). */
export const SAMPLE_RATE = 8_000;

/** Root mean square of samples, 0..32767. Zero for no samples. */
export function rms(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

/**
 * Share of the energy of `samples` that lies at `frequency` Hz, 0..1: a pure tone gives about 1, another tone or noise
 * about 0. Goertzel's algorithm for one bin; 20 ms at 8 kHz tells tones 100 Hz apart (the window's first zero: 50 Hz).
 */
export function toneShare(samples: Int16Array, frequency: number): number {
  const length = samples.length;
  if (length === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE);
  let before = 0;
  let last = 0;
  let energy = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + before * before - coefficient * last * before;
  // A full-scale sine has power (A·N/2)² at its bin and energy A²·N/2, hence the factor 2/N.
  return Math.min(1, (2 * power) / (length * energy));
}

/** The strongest single frequency in `samples` (Hz, to about 1 Hz for 100 ms) and its share of the energy. */
export function dominantTone(samples: Int16Array): { readonly frequency: number; readonly share: number } {
  const coarse = SAMPLE_RATE / Math.max(samples.length, 1) / 2;
  let best = { frequency: 0, share: 0 };
  for (let frequency = 60; frequency < SAMPLE_RATE / 2 - 60; frequency += coarse) {
    const share = toneShare(samples, frequency);
    if (share > best.share) best = { frequency, share };
  }
  for (let step = coarse / 2; step >= 0.5; step /= 2) {
    for (const frequency of [best.frequency - step, best.frequency + step]) {
      const share = toneShare(samples, frequency);
      if (share > best.share) best = { frequency, share };
    }
  }
  return best;
}
