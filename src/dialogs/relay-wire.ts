import type { Socket } from 'node:net';
import { newUuid, TypedEmitter } from '../lib';
import { encodeFrame } from '../protocol/drachtio';
import type { FrameWire } from './gate-frames';

interface RelayWireEvents extends Record<string, unknown[]> {
  /** The relay at this socket has heard our name, and takes new calls for us. */
  relayed: [socket: Socket];
  'gateway-up': [gatewayId: string];
  'gateway-down': [gatewayId: string, reason: string, dialogs: number];
  'dialog-lost': [dialogId: string, epoch: number];
  /** The relay at this socket is being replaced. */
  draining: [socket: Socket];
  /** A relay that we are not connected to has dialogs still; it is reached by this port of the same host. */
  predecessor: [relayId: string, port: number];
  /** A response to a request that the former owner of the dialog has sent. */
  inherited: [dialogId: string, response: { readonly source: string; readonly message: string }];
}

/** The answer of the relay: the tokens after `response|<id>`, and the lines below. Undefined when the connection was lost. */
export type RelayReply = { readonly tokens: readonly string[]; readonly lines: readonly string[] } | undefined;

interface AtOtherEnd {
  /** Name of the relay; empty until it has told it. */
  relayId: string;
  /** What is to be asked once it has taken the secret. */
  readonly later: (() => void)[];
  ready: boolean;
}

/** Fifth part of the answer to `authenticate` when a relay gives it (`src/relay`); drachtio-server's has four. */
const RELAY_MARK = 'holdfast-relay';
/** What drachtio-srf knows, beside answers. */
const DRACHTIO_WORDS: ReadonlySet<string> = new Set(['sip', 'cdr:attempt', 'cdr:start', 'cdr:stop']);

/**
 * Speaks with relays over drachtio-srf's sockets, in words that drachtio-srf would throw at: they never reach it. With
 * drachtio-server at the other end it says nothing, for that drops a connection over a word that it does not know.
 */
export class RelayWire extends TypedEmitter<RelayWireEvents> {
  readonly #gatewayId: string;
  readonly #asked = new Map<string, { readonly socket: Socket; readonly onReply: (reply: RelayReply) => void }>();
  readonly #authenticating = new Map<Socket, string>();
  /** Oldest first. */
  readonly #relays = new Map<Socket, AtOtherEnd>();

  /** `gatewayId`: name of this incarnation, told after each connect. */
  constructor(wire: FrameWire, gatewayId: string) {
    super();
    this.#gatewayId = gatewayId;
    const send = wire.send.bind(wire);
    const emit = wire.emit.bind(wire);
    wire.send = (socket, message) => {
      const id = send(socket, message);
      if (message.startsWith('authenticate|')) this.#authenticating.set(socket, id);
      return id;
    };
    wire.emit = (event, ...args) => {
      const [socket, message] = args;
      if (event === 'msg' && typeof message === 'string' && this.#takes(socket as Socket, message)) return true;
      const heard = emit(event, ...args);
      // After drachtio-srf, which has to know first that it may speak.
      if (event === 'msg' && typeof message === 'string') this.#lookForRelay(socket as Socket, message);
      return heard;
    };
    wire.on('close', (socket) => this.#lost(socket));
  }

  /** Whether a relay is at the other end now. */
  get relayed(): boolean {
    return [...this.#relays.values()].some(({ ready }) => ready);
  }

  /** This relay is about to be at the other end of this socket. */
  expect(socket: Socket, relayId: string): void {
    this.#relays.set(socket, { relayId, later: [], ready: false });
  }

  /** Asks the relay at this socket. The answer is heard in the turn in which it comes, before anything that follows it. */
  ask(socket: Socket, message: string, onReply: (reply: RelayReply) => void): void {
    const relay = this.#relays.get(socket);
    if (!relay) return onReply(undefined);
    if (relay.ready) this.#asked.set(this.#write(socket, message), { socket, onReply });
    else relay.later.push(() => this.ask(socket, message, onReply));
  }

  /**
   * Asks one after the other, the newest first, until one does not say that it knows nothing of the dialog; that answer, and the
   * socket of whoever gave it. Also those that are being connected are asked.
   */
  askForDialog(message: string, onReply: (reply: RelayReply, socket: Socket | undefined) => void): void {
    const asked = new Set<Socket>();
    const askNext = (reply: RelayReply, last: Socket | undefined): void => {
      const next = this.sockets.find((socket) => !asked.has(socket));
      if (!next) return onReply(reply, last);
      asked.add(next);
      this.ask(next, message, (answer) => {
        if (answer && answer.tokens[1] !== 'unknown dialog') onReply(answer, next);
        // Lost: a predecessor that has ended had nothing any more.
        else askNext(reply ?? answer, last ?? next);
      });
    };
    askNext(undefined, undefined);
  }

  /** Of relays, the newest first. */
  get sockets(): Socket[] {
    return [...this.#relays.keys()].reverse();
  }

  /** Not through the gate of frames: a relay has none of drachtio-server's limits, and the gate would not hear the answer. */
  #write(socket: Socket, message: string): string {
    const id = newUuid();
    socket.write(encodeFrame(`${id}|${message}`));
    return id;
  }

  #lookForRelay(socket: Socket, message: string): void {
    const authenticating = this.#authenticating.get(socket);
    if (authenticating === undefined) return;
    const [, , id, , ...tokens] = message.split('|', 8);
    if (id !== authenticating) return;
    this.#authenticating.delete(socket);
    if (tokens[3] !== RELAY_MARK) return void this.#relays.delete(socket);
    const relay = this.#relays.get(socket) ?? { relayId: '', later: [], ready: true };
    relay.ready = true;
    this.#relays.set(socket, relay);
    this.ask(socket, `hello|${this.#gatewayId}`, (reply) => {
      relay.relayId = reply?.tokens[1] ?? '';
      if (reply?.tokens[0] === 'OK') this.emit('relayed', socket);
    });
    for (const ask of relay.later.splice(0)) ask();
  }

  /** True when drachtio-srf must not see the message. */
  #takes(socket: Socket, message: string): boolean {
    const end = message.indexOf('\r\n');
    const [, type, ...tokens] = (end === -1 ? message : message.slice(0, end)).split('|');
    const rest = end === -1 ? '' : message.slice(end + 2);
    switch (type) {
      case 'response':
        return this.#answered(tokens, rest);
      case 'ping':
        this.#write(socket, 'pong');
        return true;
      case 'gateway':
        if (tokens[0] === 'up') this.emit('gateway-up', tokens[1] ?? '');
        else if (tokens[0] === 'down') this.emit('gateway-down', tokens[1] ?? '', tokens[2] ?? '', Number(tokens[3]));
        return true;
      case 'dialog':
        if (tokens[0] === 'lost') this.emit('dialog-lost', tokens[1] ?? '', Number(tokens[2]));
        return true;
      case 'relay':
        this.#hearOfRelay(socket, tokens);
        return true;
      case 'inherited':
        this.emit('inherited', tokens[7] ?? '', { source: tokens[3] ?? '', message: rest });
        return true;
      default:
        // A newer relay may have words that we do not know yet; drachtio-srf would throw at them.
        return this.#relays.has(socket) && !DRACHTIO_WORDS.has(type ?? '');
    }
  }

  #hearOfRelay(socket: Socket, [what, relayId = '', port]: readonly string[]): void {
    if (what === 'draining') this.emit('draining', socket);
    const isKnown = [...this.#relays.values()].some((relay) => relay.relayId === relayId);
    if (what === 'predecessor' && !isKnown) this.emit('predecessor', relayId, Number(port));
  }

  #answered([id = '', ...tokens]: readonly string[], rest: string): boolean {
    const asked = this.#asked.get(id);
    if (!asked) return false;
    this.#asked.delete(id);
    asked.onReply({ tokens, lines: rest === '' ? [] : rest.split('\r\n') });
    return true;
  }

  #lost(socket: Socket): void {
    const relay = this.#relays.get(socket);
    this.#relays.delete(socket);
    this.#authenticating.delete(socket);
    const waiting = [...this.#asked].filter(([, asked]) => asked.socket === socket);
    for (const [id] of waiting) this.#asked.delete(id);
    for (const [, { onReply }] of waiting) onReply(undefined);
    for (const ask of relay?.later.splice(0) ?? []) ask();
  }
}
