import { type Clock, type Timer } from '../lib';
import type { CallAudio } from './call-audio';
import { type SoundKind, soundKind } from './sound-kind';

/** How often the latest sound is judged. */
const LISTEN_EVERY_MS = 250;
/** Long enough to hold a few syllables and the stops between them. */
const JUDGED_MS = 1_500;
/** A judgement must stand this many times in a row before it is told: pauses between words are not silence. */
const STEADY = 3;

/** Tells in words what a call sounds like, whenever that changes: 'music', 'speech', 'a tone of 440 Hz', 'silence'. */
export class CallCommentary {
  #told = '';
  #candidate = '';
  #seen = 0;
  #packets = 0;
  #timer: Timer | undefined;
  readonly #offDigit: () => void;

  constructor(audio: CallAudio, clock: Clock, tell: (line: string) => void) {
    this.#timer = clock.every(LISTEN_EVERY_MS, () => {
      const nothingCame = audio.packets.length === this.#packets;
      const now = nothingCame ? 'nothing (no sound arrives)' : words(soundKind(audio.latest(JUDGED_MS)));
      this.#packets = audio.packets.length;
      this.#seen = now === this.#candidate ? this.#seen + 1 : 1;
      this.#candidate = now;
      if (this.#seen < STEADY || now === this.#told) return;
      this.#told = now;
      tell(`hearing ${now}`);
    });
    this.#offDigit = audio.on('digit', ({ digit }) => tell(`the far end pressed ${digit}`));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#offDigit();
  }
}

function words(sound: SoundKind): string {
  // To the nearest 10 Hz, so that a tone is not told again for a wobble of the estimate.
  return sound.kind === 'tone' ? `a tone of about ${Math.round(sound.frequency / 10) * 10} Hz` : sound.kind;
}
