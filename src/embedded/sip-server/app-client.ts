import type { Socket } from 'node:net';
import { newUuid, TypedEmitter } from '../../lib';
import {
  type ClientMessage, encodeFrame, FrameDecoder, parseClientMessage, replyLine, withSipMessage,
} from '../../protocol/drachtio';

interface AppClientEvents extends Record<string, unknown[]> {
  message: [message: ClientMessage];
  closed: [];
}

/** One application connection. Dialogs and transactions point to it weakly: once `closed`, it never comes back. */
export class AppClient extends TypedEmitter<AppClientEvents> {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  #closed = false;
  authenticated = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    // Without it a reply waits for the peer's delayed ACK: 40 ms and more on each command.
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    // 'close' follows every error; what a lost connection means is decided there.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.emit('closed');
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Answers an application message; `tokens` follow the verdict. */
  reply(inReplyTo: string, verdict: 'OK' | 'NO' | 'NOK', ...tokens: string[]): void {
    this.#write(encodeFrame(replyLine(newUuid(), inReplyTo, verdict, ...tokens)));
  }

  /** Sends a token line with the SIP message it is about. */
  push(line: string, message: Buffer): void {
    this.#write(encodeFrame(withSipMessage(line, message)));
  }

  /** Closes after what was written has gone. */
  disconnect(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #write(frame: Buffer): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(frame);
  }

  #receive(chunk: Buffer): void {
    const decoded = this.#decoder.push(chunk);
    // drachtio drops the connection too: after a bad length nothing can be told apart any more.
    if (!decoded.ok) return this.destroy();
    for (const payload of decoded.payloads) {
      const message = parseClientMessage(payload);
      if (message === undefined) return this.destroy();
      this.emit('message', message);
    }
  }
}
