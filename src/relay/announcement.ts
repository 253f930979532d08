import { connect, type Socket } from 'node:net';
import { type Clock, newUuid, type Timer } from '../lib';
import { encodeFrame, FrameDecoder } from '../protocol/drachtio';
import { RELAY_MARK } from './gateway-listener';

export interface AnnouncementOptions {
  /** Where we listened, and whoever comes after us listens. */
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
  /** `predecessor|<relayId>|<port>`: who we are, and where gateways still reach us. */
  readonly message: string;
  /** A successor knows of us. */
  readonly onHeard: () => void;
}

const RETRY_MS = 50;

/** Tells our successor, as soon as there is one, that we still have dialogs; the connection stays as long as we live. */
export class Announcement {
  readonly #options: AnnouncementOptions;
  #socket: Socket | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: AnnouncementOptions) {
    this.#options = options;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
  }

  #connect(): void {
    const { host, port, clock, secret } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    const decoder = new FrameDecoder();
    this.#socket = socket;
    socket.on('connect', () => socket.write(encodeFrame(`${newUuid()}|authenticate|${secret}|`)));
    socket.on('data', (chunk) => {
      const decoded = decoder.push(chunk);
      if (!decoded.ok) return void socket.destroy();
      for (const payload of decoded.payloads) this.#receive(socket, payload.toString());
    });
    // 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#stopped) this.#timer = clock.after(RETRY_MS, () => this.#connect());
    });
  }

  #receive(socket: Socket, payload: string): void {
    const [, type, ...tokens] = payload.split('|');
    // It is being replaced as well: the next one has its place.
    if (type === 'relay' && tokens[0] === 'draining') return void socket.destroy();
    if (type !== 'response') return;
    if (tokens[1] !== 'OK') return void socket.destroy();
    if (tokens[5] === RELAY_MARK) socket.write(encodeFrame(`${newUuid()}|${this.#options.message}`));
    else this.#options.onHeard();
  }
}
