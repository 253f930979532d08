import { encodeG711 } from '../../../protocol/g711';
import { type AudioFrame, FRAME_SAMPLES } from './audio-frame';

/** Full scale of white noise, evenly spread: its root mean square is this over the square root of 3. */
const FULL_SCALE = 32_767;
/** Updates come with every change of the noise, so a level this old is not the far end's any more. */
const LASTING_MS = 30_000;

/**
 * What a far end that sends nothing while nobody speaks wants to be heard instead (RFC 3389): noise of the level it
 * told last. Its spectrum is not followed.
 */
export class ComfortNoise {
  #amplitude = 0;
  #toldAtMs = 0;

  get isOn(): boolean {
    return this.#amplitude > 0;
  }

  /** A payload of type CN; the first byte is the level in -dBov (RFC 3389 section 3.1). */
  tell(payload: Buffer, nowMs: number): void {
    const level = payload[0];
    if (level === undefined) return;
    this.#amplitude = FULL_SCALE * Math.sqrt(3) * 10 ** (-(level & 0x7f) / 20);
    this.#toldAtMs = nowMs;
  }

  /** Speech has begun again. */
  end(): void {
    this.#amplitude = 0;
  }

  /** 20 ms of noise; undefined when none was asked for. */
  frame(nowMs: number): AudioFrame | undefined {
    if (nowMs - this.#toldAtMs > LASTING_MS) this.end();
    if (!this.isOn) return undefined;
    const samples = Int16Array.from({ length: FRAME_SAMPLES }, () =>
      Math.max(-FULL_SCALE, Math.min(FULL_SCALE, this.#amplitude * (2 * Math.random() - 1))));
    return { codec: 'PCMU', bytes: encodeG711('PCMU', samples), linear: () => samples };
  }
}
