import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '../../src/protocol/drachtio';
import { eventually } from './eventually';

/** An application on drachtio's control port without drachtio-srf: sends payloads, keeps what comes back. */
export class RawApp {
  readonly received: string[] = [];
  readonly socket: Socket;
  closed = false;
  #next = 0;

  constructor(admin: { readonly host: string; readonly port: number }) {
    const decoder = new FrameDecoder();
    this.socket = connect(admin.port, admin.host);
    this.socket.on('data', (chunk) => {
      const decoded = decoder.push(chunk);
      if (decoded.ok) this.received.push(...decoded.payloads.map(String));
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Sends a payload and returns its message id. */
  send(payload: string): string {
    this.#next += 1;
    const id = `m${this.#next}`;
    this.socket.write(encodeFrame(`${id}|${payload}`));
    return id;
  }

  /** Sends and resolves with the tokens after `response|<id>`. */
  async ask(payload: string): Promise<string[]> {
    const reply = await this.reply(this.send(payload));
    return reply.slice(3);
  }

  /** All tokens of the answer to the message with this id. */
  reply(id: string): Promise<string[]> {
    return eventually(() => {
      const reply = this.received.map(tokensOf).find(([, type, to]) => type === 'response' && to === id);
      if (reply === undefined) throw new Error(`no reply to ${id}`);
      return reply;
    });
  }

  /** Tokens of the first payload that holds this text, once it has come. */
  async heard(text: string | RegExp): Promise<string[]> {
    return tokensOf(await this.payload(text));
  }

  payload(text: string | RegExp): Promise<string> {
    return eventually(() => {
      const found = this.all(text)[0];
      if (found === undefined) throw new Error(`nothing with ${String(text)} among\n${this.received.join('\n---\n')}`);
      return found;
    });
  }

  /** Every payload so far that holds this text, answers left out. */
  all(text: string | RegExp): string[] {
    return this.received.filter((payload) =>
      tokensOf(payload)[1] !== 'response' && (typeof text === 'string' ? payload.includes(text) : text.test(payload)));
  }
}

const tokensOf = (payload: string): string[] => payload.split('\r\n')[0]?.split('|') ?? [];
