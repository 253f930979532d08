import { connect, type Socket } from 'node:net';
import { type Clock, newUuid, type Timer, TypedEmitter } from '../lib';
import { FrameDecoder, FrameGate, parseServerMessage, replyLine, type ServerReply } from '../protocol/drachtio';

export interface UpstreamOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
}

interface UpstreamEvents extends Record<string, unknown[]> {
  /** drachtio-server took our secret. */
  up: [];
  /** The connection is lost, and with it every dialog that was made over it. */
  down: [reason: string];
  /** A SIP message or a call record. */
  message: [payload: Buffer];
}

type OnReply = (reply: ServerReply, payload: Buffer) => void;

/** Pauses between attempts to connect double from the first to the second of these. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 1_000];
const CONNECT_TIMEOUT_MS = 5_000;
/** A drachtio-server that freezes is not left: a new connection would lose its dialogs for nothing. It counts as not ready. */
const PING_MS = 3_000;
/** Whatever was not answered by then never will be: the asker is told so. */
const FORGET_MS = 60_000;

/** The one control connection to drachtio-server. */
export class Upstream extends TypedEmitter<UpstreamEvents> {
  readonly #options: UpstreamOptions;
  readonly #waiting = new Map<string, { readonly onReply: OnReply; readonly since: number }>();
  #socket: Socket | undefined;
  #gate: FrameGate | undefined;
  #welcome: readonly string[] | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Timer | undefined;
  #heartbeat: Timer | undefined;
  #heardAt = 0;
  #stopped = false;

  constructor(options: UpstreamOptions) {
    super();
    this.#options = options;
  }

  /** What drachtio-server said after `OK` when it took our secret: addresses, version, local addresses. Undefined while down. */
  get welcome(): readonly string[] | undefined {
    return this.#welcome;
  }

  /** Why it cannot be worked with now; undefined while it can. */
  get trouble(): string | undefined {
    if (!this.#welcome) return 'no connection to drachtio-server';
    const silentMs = this.#options.clock.monotonic() - this.#heardAt;
    return silentMs > 3 * PING_MS ? `drachtio-server has been silent for ${Math.round(silentMs)} ms` : undefined;
  }

  start(): void {
    this.#heartbeat = this.#options.clock.every(PING_MS, () => this.#beat());
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#heartbeat?.cancel();
    this.#timer?.cancel();
    this.#lost('');
  }

  /**
   * Sends a message (without id) and hears the answer, or several to a `proxy`. False: it is too long for drachtio, or there
   * is no connection; nothing is sent then.
   */
  send(message: Buffer | string, onReply: OnReply): boolean {
    if (!this.#gate) return false;
    const id = newUuid();
    const since = this.#options.clock.monotonic();
    this.#waiting.set(id, { onReply, since });
    const taken = this.#gate.send(id, Buffer.concat([Buffer.from(`${id}|`), Buffer.from(message)]));
    if (!taken) this.#waiting.delete(id);
    return taken;
  }

  #connect(): void {
    const { host, port, secret, clock } = this.#options;
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
    const decoder = new FrameDecoder();
    this.#socket = socket;
    this.#timer = clock.after(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    let why = 'it closed the connection';
    socket.on('connect', () => {
      this.#gate = new FrameGate((frame) => void socket.write(frame), clock);
      this.send(`authenticate|${secret}|`, ({ verdict, tokens }) => {
        if (verdict === 'OK') this.#begin(tokens);
        else socket.destroy(new Error(tokens[0] ?? 'refused'));
      });
    });
    socket.on('data', (chunk) => {
      const decoded = decoder.push(chunk);
      if (!decoded.ok) return void socket.destroy(new Error(decoded.reason));
      this.#heardAt = clock.monotonic();
      for (const payload of decoded.payloads) if (this.#socket === socket) this.#receive(payload);
    });
    socket.on('error', (error) => (why = error.message));
    socket.on('close', () => {
      if (this.#socket === socket) this.#lost(why);
    });
  }

  #begin(welcome: readonly string[]): void {
    this.#timer?.cancel();
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#welcome = welcome;
    this.emit('up');
  }

  #lost(why: string): void {
    this.#timer?.cancel();
    this.#socket?.destroy();
    this.#gate?.close();
    this.#socket = this.#gate = this.#welcome = undefined;
    this.#waiting.clear();
    if (this.#stopped) return;
    this.emit('down', why);
    this.#timer = this.#options.clock.after(this.#pauseMs, () => this.#connect());
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #receive(payload: Buffer): void {
    const message = parseServerMessage(payload);
    if (message?.kind !== 'reply') return this.emit('message', payload);
    this.#gate?.acknowledged(message.inReplyTo);
    const waiting = this.#waiting.get(message.inReplyTo);
    if (message.last) this.#waiting.delete(message.inReplyTo);
    waiting?.onReply(message, payload);
  }

  #beat(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, { since }] of this.#waiting) {
      if (now - since > FORGET_MS) this.#receive(Buffer.from(replyLine(newUuid(), id, 'NO', 'drachtio-server gave no answer')));
    }
    if (this.#welcome) this.send('ping', () => undefined);
  }
}
