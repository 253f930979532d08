import { decodeG711, G711_SILENCE } from '../../../protocol/g711';
import type { G722Encoder } from '../../../protocol/g722';
import type { AudioCodec } from '../../../protocol/sdp';
import type { Clip } from './engine-messages';

/** Writes audio of clips and silence in the codec of one channel. */
export class ClipWriter {
  /** `encoder` follows what the channel sends; it is used for G.722 where the clip has none. */
  constructor(readonly codec: AudioCodec, private readonly encoder: G722Encoder) {}

  /** Copies `count` samples from `position` to `at`, as many as there are; returns how many. */
  copy(clip: Clip, position: number, count: number, out: Uint8Array, at: number): number {
    const ready = { PCMU: clip.pcmu, PCMA: clip.pcma, G722: clip.g722 }[this.codec];
    const part = (ready ?? clip.pcmu).subarray(position, position + Math.max(0, count));
    out.set(ready ? part : this.encoder.encodeNarrow(decodeG711('PCMU', part)), at);
    return part.length;
  }

  silence(out: Uint8Array, from: number, to: number): void {
    if (this.codec === 'G722') out.set(this.encoder.encodeNarrow(new Int16Array(Math.max(0, to - from))), from);
    else out.fill(G711_SILENCE[this.codec], from, to);
  }
}
