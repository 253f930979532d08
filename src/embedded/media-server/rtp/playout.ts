import type { ClipWriter } from './clip-bytes';
import type { Segment } from './engine-messages';
import type { RadioStation } from './radio-station';

type Radio = (name: string) => RadioStation | undefined;

/** Where one playback stands in its segments. */
class Cursor {
  played = 0;
  #index = 0;
  #position = 0;
  #pass = 0;
  #round = 0;

  constructor(
    readonly playId: string,
    readonly level: number,
    private readonly segments: readonly Segment[],
    private readonly loops: number,
  ) {
    this.#enter();
  }

  get #segment(): Segment | undefined {
    return this.segments[this.#index];
  }

  #enter(): void {
    const segment = this.#segment;
    this.#position = segment?.kind === 'clip' ? segment.start : 0;
    this.#pass = 0;
  }

  /** Fills `out` from `offset`; returns the offset reached, which is less than its length only when all is played. */
  fill(writer: ClipWriter, out: Uint8Array, offset: number, frame: number, radio: Radio): number {
    let at = offset;
    const silentRound = { from: at, round: this.#round };
    while (at < out.length) {
      const segment = this.#segment;
      if (!segment) {
        this.#round += 1;
        if (this.loops >= 0 && this.#round >= this.loops) break;
        // A list of empty files must not turn here for ever.
        if (at === silentRound.from && this.#round > silentRound.round + 1) break;
        this.#index = 0;
        this.#enter();
        continue;
      }
      const read = this.#read(segment, writer, out, at, frame, radio);
      this.#position += read;
      this.played += read;
      at += read;
      if (at < out.length) this.#advance(segment);
    }
    return at;
  }

  #read(
    segment: Segment, writer: ClipWriter, out: Uint8Array, at: number, frame: number, radio: Radio,
  ): number {
    if (segment.kind === 'clip') {
      return writer.copy(segment.clip, this.#position, out.length - at, out, at);
    }
    const left = segment.kind === 'silence' ? segment.samples - this.#position : out.length;
    const count = Math.max(0, Math.min(out.length - at, left));
    const station = segment.kind === 'radio' ? radio(segment.name) : undefined;
    if (station) station.read(writer, frame, at, out);
    else writer.silence(out, at, at + count);
    return count;
  }

  #advance(segment: Segment): void {
    if (segment.kind === 'clip' && segment.clip.pcmu.length > 0) {
      this.#pass += 1;
      if (segment.loops < 0 || this.#pass < segment.loops) {
        this.#position = 0;
        return;
      }
    }
    this.#index += 1;
    this.#enter();
  }
}

export interface PlayoutEvents {
  /** A playback ended by itself; `samples` is what it played. */
  ended(playId: string, samples: number): void;
}

/**
 * What one channel plays: a stack of playbacks of which only the top is heard. A playback put on top pauses the one
 * below at its sample; when it ends the one below goes on within the same packet.
 */
export class Playout {
  readonly #stack: Cursor[] = [];

  constructor(
    private readonly events: PlayoutEvents,
    private readonly radio: Radio,
  ) {}

  get isPlaying(): boolean {
    return this.#stack.length > 0;
  }

  /**
   * `loops`: how often the whole list is played, -1 without end. A higher `level` lies on top whatever came first,
   * because a file that had to be decoded must not cover what was started over it meanwhile.
   */
  push(playId: string, segments: readonly Segment[], loops: number, level: number): void {
    const above = this.#stack.findIndex((cursor) => cursor.level > level);
    this.#stack.splice(above < 0 ? this.#stack.length : above, 0, new Cursor(playId, level, segments, loops));
  }

  /** Takes a playback away wherever it lies; returns the samples it played, undefined when it is not there. */
  remove(playId: string): number | undefined {
    const index = this.#stack.findIndex((cursor) => cursor.playId === playId);
    return this.#stack.splice(index, index < 0 ? 0 : 1)[0]?.played;
  }

  /** Fills one packet. Returns false when nothing plays, and `out` is untouched from where the last playback ended. */
  fill(writer: ClipWriter, out: Uint8Array, frame: number): boolean {
    let at = 0;
    for (let top = this.#stack.at(-1); top; top = this.#stack.at(-1)) {
      at = top.fill(writer, out, at, frame, this.radio);
      if (at >= out.length) return true;
      this.#stack.pop();
      this.events.ended(top.playId, top.played);
    }
    if (at > 0) writer.silence(out, at, out.length);
    return at > 0;
  }
}
