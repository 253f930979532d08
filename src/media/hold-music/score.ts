/**
 * J. S. Bach, Prelude in C major from The Well-Tempered Clavier, book I (BWV 846, 1722): in the public domain,
 * written out here by us. Each bar of five notes is played as 1 2 3 4 5 3 4 5, twice.
 */
const BARS = [
  'C4 E4 G4 C5 E5', 'C4 D4 A4 D5 F5', 'B3 D4 G4 D5 F5', 'C4 E4 G4 C5 E5', 'C4 E4 A4 E5 A5', 'C4 D4 F#4 A4 D5',
  'B3 D4 G4 D5 G5', 'B3 C4 E4 G4 C5', 'A3 C4 E4 G4 C5', 'D3 A3 D4 F#4 C5', 'G3 B3 D4 G4 B4', 'G3 Bb3 E4 G4 C#5',
  'F3 A3 D4 A4 D5', 'F3 Ab3 D4 F4 B4', 'E3 G3 C4 G4 C5', 'E3 F3 A3 C4 F4', 'D3 F3 A3 C4 F4', 'G2 D3 G3 B3 F4',
  'C3 E3 G3 C4 E4', 'C3 G3 Bb3 C4 E4', 'F2 F3 A3 C4 E4', 'F#2 C3 A3 C4 Eb4', 'Ab2 F3 B3 C4 D4', 'G2 F3 G3 B3 D4',
  'G2 E3 G3 C4 E4', 'G2 D3 G3 C4 F4', 'G2 D3 G3 B3 F4', 'G2 Eb3 A3 C4 F#4', 'G2 E3 G3 C4 G4', 'G2 D3 G3 C4 F4',
  'G2 D3 G3 B3 F4', 'C2 C3 G3 Bb3 E4',
] as const;
const FIGURE = [0, 1, 2, 3, 4, 2, 3, 4] as const;

/** The two bars before the end leave the figure; the last is a chord, here broken so that the music never stops. */
const ENDING = [
  'C2 C3 F3 A3 C4 F4 C4 A3 C4 A3 F3 A3 F3 D3 F3 D3',
  'C2 B2 G4 B4 D5 F5 D5 B4 D5 B4 G4 B4 D4 F4 E4 D4',
  'C2 C3 E4 G4 C5 G4 E4 G4 C4 E4 G4 C5 G4 E4 C4 G3',
] as const;

const STEPS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** `F#4` as a MIDI number (69 is the A of 440 Hz). */
function midiOf(name: string): number {
  const [, letter = '', accidental, octave] = /^([A-G])(#|b)?(\d)$/.exec(name) ?? [];
  const step = STEPS[letter];
  if (step === undefined) throw new TypeError(`${name} is not a note`);
  return step + (accidental === '#' ? 1 : accidental === 'b' ? -1 : 0) + 12 * (Number(octave) + 1);
}

/** One note of the piece. */
export interface ScoredNote {
  /** MIDI number. */
  readonly pitch: number;
  /** In sixteenths from the beginning. */
  readonly at: number;
}

/** The whole piece in sixteenths; its length is `SIXTEENTHS`. */
export function score(): ScoredNote[] {
  const figured = BARS.map((bar) => {
    const notes = bar.split(' ');
    return [...FIGURE, ...FIGURE].map((index) => notes[index] ?? '');
  });
  const bars = [...figured, ...ENDING.map((bar) => bar.split(' '))];
  return bars.flat().map((name, at) => ({ pitch: midiOf(name), at }));
}

export const SIXTEENTHS = (BARS.length + ENDING.length) * 16;
