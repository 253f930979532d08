import type { ClipWriter } from './clip-bytes';
import type { Clip } from './engine-messages';

const FRAME_SAMPLES = 160;

/**
 * A shared stream (local_stream): all listeners hear the same place at the same time, and its audio was decoded and
 * encoded once for all of them. The place follows from the frame number alone, so there is no cursor to keep.
 */
export class RadioStation {
  readonly #length: number;

  constructor(private readonly clips: readonly Clip[]) {
    this.#length = clips.reduce((sum, clip) => sum + clip.pcmu.length, 0);
  }

  /** Writes the part of `frame` that belongs at `offset` to the end of `out`. */
  read(writer: ClipWriter, frame: number, offset: number, out: Uint8Array): void {
    if (this.#length === 0) {
      writer.silence(out, offset, out.length);
      return;
    }
    let position = (frame * FRAME_SAMPLES + offset) % this.#length;
    let at = offset;
    while (at < out.length) {
      let start = 0;
      for (const clip of this.clips) {
        if (position >= start && position < start + clip.pcmu.length) {
          const copied = writer.copy(clip, position - start, out.length - at, out, at);
          at += copied;
          position += copied;
          if (at >= out.length) return;
        }
        start += clip.pcmu.length;
      }
      position %= this.#length;
    }
  }
}
