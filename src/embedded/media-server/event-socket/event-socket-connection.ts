import type { Socket } from 'node:net';
import { messageOf } from '../../../lib';
import { type EslCommand, encodeEslFrame, EslFrameDecoder, parseEslCommand } from '../../../protocol/esl';
import type { Channel } from '../channel/channel';
import { type CommandWorld, runCommand } from './command-interpreter';
import { Subscription } from './subscription';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly world: CommandWorld;
  readonly log: (line: string) => void;
  /** The channel that an outbound connection controls. */
  readonly channel?: Channel;
  readonly setLinger?: (seconds: number | undefined) => void;
  /** Sees every command first; true when it is dealt with. */
  readonly intercept: (command: EslCommand, connection: EventSocketConnection) => boolean;
  readonly closed: () => void;
}

/** A listener that reads nothing for this much output is cut off, as FreeSWITCH kills one whose queue overflows. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

/** One event-socket connection, whoever made it: commands are answered in order, events go out between them. */
export class EventSocketConnection {
  readonly #options: ConnectionOptions;
  readonly #decoder = new EslFrameDecoder();
  readonly subscription: Subscription;
  readonly #unsubscribe: () => void;
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, world } = options;
    // Without it every small frame waits for a delayed ACK: 45-65 ms a command (contract page section 10).
    socket.setNoDelay(true);
    this.subscription = new Subscription((bytes) => this.send(bytes));
    this.#unsubscribe = world.hub.add(this.subscription);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    // A reset is the usual end of a client that was killed; `close` follows.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  send(bytes: Buffer): void {
    const { socket } = this.#options;
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(bytes);
    if (socket.writableLength > MAX_BACKLOG_BYTES) socket.destroy();
  }

  reply(text: string): void {
    this.send(encodeEslFrame({ 'Content-Type': 'command/reply', 'Reply-Text': text }));
  }

  /** Says goodbye and closes. */
  disconnect(notice: Readonly<Record<string, string>>, text: string): void {
    this.send(encodeEslFrame({ 'Content-Type': 'text/disconnect-notice', ...notice }, text));
    this.#options.socket.end();
  }

  destroy(): void {
    this.#options.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    try {
      for (const frame of this.#decoder.push(bytes)) this.#enqueue(parseEslCommand(frame));
    } catch (error) {
      this.#options.log(`event socket: ${messageOf(error)}`);
      this.destroy();
    }
  }

  /** Replies are matched by order, so a command starts only when the one before is answered. */
  #enqueue(command: EslCommand): void {
    const { world, channel, setLinger, intercept, log } = this.#options;
    this.#queue = this.#queue.then(async () => {
      if (this.#closed || intercept(command, this)) return;
      await runCommand(command, {
        world, subscription: this.subscription, send: (bytes) => this.send(bytes),
        ...(channel ? { channel } : {}), ...(setLinger ? { setLinger } : {}),
      });
    }).catch((error: unknown) => {
      log(`event socket command ${command.verb}: ${messageOf(error)}`);
      this.reply(`-ERR ${messageOf(error)}`);
    });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#options.closed();
  }
}
