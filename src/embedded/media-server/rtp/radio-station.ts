import { G711_SILENCE, type G711Law } from '../../../protocol/g711';
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
  read(law: G711Law, frame: number, offset: number, out: Uint8Array): void {
    if (this.#length === 0) {
      out.fill(G711_SILENCE[law], offset);
      return;
    }
    let position = (frame * FRAME_SAMPLES + offset) % this.#length;
    let at = offset;
    while (at < out.length) {
      let start = 0;
      for (const clip of this.clips) {
        const bytes = law === 'PCMU' ? clip.pcmu : clip.pcma;
        if (position >= start && position < start + bytes.length) {
          const part = bytes.subarray(position - start, position - start + out.length - at);
          out.set(part, at);
          at += part.length;
          position += part.length;
          if (at >= out.length) return;
        }
        start += bytes.length;
      }
      position %= this.#length;
    }
  }
}
