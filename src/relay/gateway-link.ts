import type { Socket } from 'node:net';
import { newUuid, TypedEmitter } from '../lib';
import { encodeFrame, FrameDecoder, replyLine } from '../protocol/drachtio';

/** Why a gateway's connection is over. */
export type LossReason =
  /** It closed, or its process died. */
  | 'closed'
  /** It answered no ping. */
  | 'silent'
  /** It did not read what was sent to it. */
  | 'slow'
  /** It sent no frames, or did not say the secret. */
  | 'broken'
  /** Another connection gave the same name. */
  | 'replaced'
  /** The relay has lost drachtio-server, or ends. */
  | 'relay';

interface GatewayLinkEvents extends Record<string, unknown[]> {
  message: [payload: Buffer];
  closed: [reason: LossReason];
}

/** Unread bytes of a gateway: some thousand frames. A gateway so far behind is of no use to its callers. */
const MOST_UNREAD_BYTES = 8 * 1024 * 1024;
/** Frames of one gateway that drachtio has not answered: further ones wait in its own socket, at no cost to the others. */
const MOST_UNANSWERED = 500;

/** The connection of one gateway. Dialogs and transactions point to it; once closed it never comes back. */
export class GatewayLink extends TypedEmitter<GatewayLinkEvents> {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  #loss: LossReason | undefined;
  #unanswered = 0;
  authenticated = false;
  /** Name of the gateway's incarnation; empty until it has said it, and for programs that never do. */
  name = '';
  /** Gets no requests outside dialogs any more, while another gateway takes them. */
  draining = false;
  /** Monotonic; when it was last known to run. */
  heardAt: number;

  constructor(socket: Socket, now: () => number) {
    super();
    this.#socket = socket;
    this.heardAt = now();
    // Without it a reply waits for the peer's delayed ACK: 40 ms and more on each command.
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (chunk) => {
      this.heardAt = now();
      this.#receive(chunk);
    });
    // 'close' follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => this.close('closed'));
  }

  get closed(): boolean {
    return this.#loss !== undefined;
  }

  /** It waits for drachtio, not for us: nothing is read from it meanwhile. */
  get congested(): boolean {
    return this.#socket.isPaused();
  }

  /** Sends a payload. A gateway that does not read is closed. */
  send(payload: Buffer): void {
    if (this.closed) return;
    this.#socket.write(encodeFrame(payload));
    if (this.#socket.writableLength > MOST_UNREAD_BYTES) this.close('slow');
  }

  /** Answers a message of the gateway; `tokens` follow the verdict. */
  reply(inReplyTo: string, verdict: 'OK' | 'NO', ...tokens: string[]): void {
    this.send(Buffer.from(replyLine(newUuid(), inReplyTo, verdict, ...tokens)));
  }

  /** Tells it something that is no answer; only to gateways that have said their name, for others do not know the words. */
  tell(...tokens: string[]): void {
    if (this.name !== '') this.send(Buffer.from([newUuid(), ...tokens].join('|')));
  }

  /** A frame of it went on to drachtio. */
  asked(): void {
    this.#unanswered += 1;
    if (this.#unanswered === MOST_UNANSWERED) this.#socket.pause();
  }

  /** drachtio has answered one. */
  answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered < MOST_UNANSWERED / 2 && this.congested) this.#socket.resume();
  }

  /** Closes after what was written has gone. */
  dismiss(): void {
    this.#socket.destroySoon();
  }

  /** Closes at once: a process that wakes up has to connect again, as another client. */
  close(reason: LossReason): void {
    if (this.#loss !== undefined) return;
    this.#loss = reason;
    this.#socket.destroy();
    this.emit('closed', reason);
  }

  #receive(chunk: Buffer): void {
    const decoded = this.#decoder.push(chunk);
    // After a bad length nothing can be told apart any more; drachtio drops the connection too.
    if (!decoded.ok) return this.close('broken');
    for (const payload of decoded.payloads) {
      if (this.closed) return;
      this.emit('message', payload);
    }
  }
}
