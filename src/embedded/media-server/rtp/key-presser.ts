import { type KeyPressPacket, keyPressPackets } from '../../../protocol/dtmf';
import { FRAME_MS } from './pacing-wheel';

/** Quiet between two keys, so that the far end hears two (ETSI ES 201 235-3: at least 40 ms). */
const PAUSE_FRAMES = 3;

interface Press {
  readonly packets: readonly KeyPressPacket[];
  readonly frames: number;
}

/** Keys waiting to be sent, given out frame by frame; while a key is held no audio is sent. */
export class KeyPresser {
  readonly #presses: Press[] = [];
  #frame = 0;

  /** `w` is a pause. Returns false when `digit` is not a key. */
  add(digit: string, durationMs: number): boolean {
    if (digit === 'w') {
      this.#presses.push({ packets: [], frames: Math.ceil(durationMs / FRAME_MS) });
      return true;
    }
    const packets = keyPressPackets(digit, { durationMs });
    if (!packets) return false;
    this.#presses.push({ packets, frames: (packets.at(-1)?.slot ?? 0) + 1 + PAUSE_FRAMES });
    return true;
  }

  /** The packets for this frame, with how many frames ago their key went down; undefined when audio goes on. */
  next(): { readonly packets: readonly KeyPressPacket[]; readonly sinceStart: number } | undefined {
    const press = this.#presses[0];
    if (!press) return undefined;
    const slot = this.#frame;
    this.#frame += 1;
    if (this.#frame >= press.frames) {
      this.#presses.shift();
      this.#frame = 0;
    }
    const packets = press.packets.filter((packet) => packet.slot === slot);
    return packets.length === 0 ? undefined : { packets, sinceStart: slot };
  }
}
