import { encodeG711 } from '../../../protocol/g711';
import type { Clip } from '../rtp/engine-messages';

/** Bytes in memory that all threads see, so that handing them over copies nothing. */
export function shareBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** 8 kHz samples, encoded once in both laws. */
export const clipOfSamples = (samples: Int16Array): Clip => ({
  pcmu: shareBytes(encodeG711('PCMU', samples)),
  pcma: shareBytes(encodeG711('PCMA', samples)),
});
