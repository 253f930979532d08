import { decodeG711, encodeG711, G711_SILENCE, transcodeG711 } from '../../../protocol/g711';
import type { G722Decoder, G722Encoder } from '../../../protocol/g722';
import type { AudioCodec } from '../../../protocol/sdp';

/** Bytes of 20 ms in each of our codecs, and the samples of 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;

/** 20 ms in the codec its sender uses. */
export interface AudioFrame {
  readonly codec: AudioCodec;
  readonly bytes: Uint8Array;
  /** The same at 8 kHz, decoded when first asked for. */
  linear(): Int16Array;
}

/** `decoder` follows the sender's stream; it is used for G.722 only. */
export function frameOf(codec: AudioCodec, bytes: Uint8Array, decoder: G722Decoder): AudioFrame {
  let samples: Int16Array | undefined;
  const linear = (): Int16Array => {
    samples ??= codec === 'G722' ? decoder.decodeNarrow(bytes) : decodeG711(codec, bytes);
    return samples;
  };
  return { codec, bytes, linear };
}

const SILENCE: AudioFrame = Object.freeze({
  codec: 'PCMU',
  bytes: new Uint8Array(FRAME_SAMPLES).fill(G711_SILENCE.PCMU),
  linear: () => new Int16Array(FRAME_SAMPLES),
});

/** Nothing heard, which is the same in every codec. */
export const silentFrame = (): AudioFrame => SILENCE;

/** The frame's bytes in another codec; `encoder` follows the receiver's stream. */
export function bytesIn(codec: AudioCodec, frame: AudioFrame, encoder: G722Encoder): Uint8Array {
  if (frame.codec === codec) return frame.bytes;
  if (codec === 'G722') return encoder.encodeNarrow(frame.linear());
  return frame.codec === 'G722' ? encodeG711(codec, frame.linear()) : transcodeG711(frame.codec, codec, frame.bytes);
}
