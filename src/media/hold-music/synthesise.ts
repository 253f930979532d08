import { score, type ScoredNote, SIXTEENTHS } from './score';

/** 66 quarters a minute. */
const SIXTEENTH_S = 60 / 66 / 4;
const RING_S = 2.6;
/** Low notes of the piece would vanish below the 300 Hz of a telephone line: everything is played an octave higher. */
const TRANSPOSE = 12;
/** Quiet enough to talk over, loud enough after G.711: speech on telephone lines lies near -20 dBFS too. */
const LEVEL_DBFS = -20;
const FULL_SCALE = 32_767;

/** Partials of a soft struck string: share of the amplitude and how much faster than the first they fade. */
const PARTIALS = [
  { share: 1, fade: 1 }, { share: 0.42, fade: 1.6 }, { share: 0.2, fade: 2.3 }, { share: 0.08, fade: 3.2 },
];

function renderNote(pitch: number, rate: number): Float32Array {
  const frequency = 440 * 2 ** ((pitch + TRANSPOSE - 69) / 12);
  const sound = new Float32Array(Math.round(RING_S * rate));
  // Higher strings fade sooner.
  const fadePerS = 1.1 * 2 ** ((pitch - 60) / 24);
  PARTIALS.forEach(({ share, fade }, index) => {
    const partial = frequency * (index + 1);
    // Nothing near the band limit of either telephone rate.
    if (partial > rate * 0.42) return;
    for (let i = 0; i < sound.length; i += 1) {
      const t = i / rate;
      sound[i] = (sound[i] ?? 0) + share * Math.exp(-fadePerS * fade * t) * Math.sin(2 * Math.PI * partial * t);
    }
  });
  const attack = Math.round(0.006 * rate);
  const release = Math.round(0.25 * rate);
  for (let i = 0; i < attack; i += 1) sound[i] = (sound[i] ?? 0) * (i / attack);
  for (let i = 0; i < release; i += 1) {
    const at = sound.length - 1 - i;
    sound[at] = (sound[at] ?? 0) * (i / release);
  }
  return sound;
}

/** Weight of a note: bars and half bars lean a little, and the whole breathes over four bars. */
function weightOf({ at }: ScoredNote): number {
  const inBar = at % 16;
  const lean = inBar === 0 ? 1.15 : inBar === 8 ? 1.06 : inBar % 2 === 0 ? 0.96 : 0.9;
  return lean * (1 + 0.08 * Math.sin((2 * Math.PI * at) / 64));
}

/**
 * The piece once, 16-bit mono at `rate`, as a closed loop: the notes of its end ring on into its beginning, so that
 * repeating it has no seam. The same for the same rate, every time.
 */
export function synthesise(rate: number): Int16Array {
  const length = Math.round(SIXTEENTHS * SIXTEENTH_S * rate);
  const sum = new Float32Array(length);
  const notes = new Map<number, Float32Array>();
  for (const note of score()) {
    const sound = notes.get(note.pitch) ?? renderNote(note.pitch, rate);
    notes.set(note.pitch, sound);
    const from = Math.round(note.at * SIXTEENTH_S * rate);
    const weight = weightOf(note);
    for (let i = 0; i < sound.length; i += 1) {
      const at = (from + i) % length;
      sum[at] = (sum[at] ?? 0) + weight * (sound[i] ?? 0);
    }
  }
  let [energy, peak] = [0, 0];
  for (const value of sum) {
    energy += value * value;
    peak = Math.max(peak, Math.abs(value));
  }
  const gain = Math.min(10 ** (LEVEL_DBFS / 20) / Math.sqrt(energy / length), 0.95 / peak);
  return Int16Array.from(sum, (value) => Math.round(value * gain * FULL_SCALE));
}
