import type { Socket } from 'node:net';
import type { FrameWire } from './gate-frames';

/**
 * The part of drachtio-srf 5 that we use, typed by what its source does: the package's own declarations lack
 * `stackDialogId`, `cancel`, request by dialog id, and type `get()` as always present.
 */
export interface SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  get(name: string): string | undefined;
  has(name: string): boolean;
}

export interface SrfRequest extends SrfMessage {
  /** By which it came, or was sent. */
  readonly socket: Socket;
  readonly msg: { /** `2.0`. */ readonly version: string };
  readonly stackDialogId: string;
  readonly stackTxnId: string;
  /** Last token of a new request; drachtio-server leaves it empty. */
  readonly sessionToken?: string;
  readonly source_address: string;
  readonly source_port: string;
  readonly protocol: string;
  on(event: 'cancel', listener: () => void): void;
  on(event: 'response', listener: (response: SrfResponse, ack: SrfAck) => void): void;
  on(event: 'update', listener: (request: SrfRequest, response: SrfResponse) => void): void;
  cancel(callback?: (error: unknown) => void): void;
}

export type SrfAck = (options?: { body?: string }) => void;

export interface SendOptions {
  headers?: Record<string, string>;
  body?: string;
}

export interface SrfResponse extends SrfMessage {
  readonly status: number;
  readonly reason: string;
  /** Of a response that was received; IPv6 in brackets. */
  readonly source_address: string;
  readonly meta?: { readonly dialogId?: string };
  send(status: number, options: SendOptions, callback?: (error: unknown, sent?: SrfMessage) => void): void;
  send(status: number, reason: string, options: SendOptions, callback?: (error: unknown, sent?: SrfMessage) => void): void;
}

export interface RequestOptions extends SendOptions {
  method: string;
  stackDialogId?: string;
  proxy?: string;
  auth?: { username: string; password: string };
  /** Over which it goes; else the agent's default one. */
  _socket?: Socket;
}

/** drachtio-srf's lib/wire-protocol.js, as far as several sockets of one agent need it. */
export interface SrfWire extends FrameWire {
  readonly host: string;
  readonly port: number;
  /** The one that was opened last after a loss. */
  readonly socket?: Socket;
  installListeners(socket: Socket): void;
  disconnect(socket: Socket): void;
  /** Connects again after a while, unless that is about to happen. */
  _onConnectionGone(): void;
}

/** drachtio-srf's lib/drachtio-agent.js: its sockets, oldest first. */
export interface SrfAgent {
  readonly wp: SrfWire;
  readonly mapServer: ReadonlyMap<Socket, { /** It has said the secret. */ readonly ready: boolean }>;
  /** Over which a request goes for which nothing else is said. */
  _getDefaultSocket(): Socket;
}

type SrfListener = (request: SrfRequest, response: SrfResponse) => void;

export interface SrfDialog {
  readonly id: string;
  readonly socket: Socket;
}

export interface Srf {
  /** Known from `connect` on. */
  readonly app: { readonly client: SrfAgent };
  connect(options: { host: string; port: number; secret: string; reconnect?: { retryMaxDelay: number }; enablePing?: boolean }): void;
  disconnect(): void;
  on(event: 'connect', listener: (error: unknown, hostport: string, version?: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'close' | 'reconnecting', listener: () => void): void;
  use(middleware: (request: SrfRequest, response: SrfResponse, next: () => void) => void): void;
  invite(listener: SrfListener): void;
  options(listener: SrfListener): void;
  register(listener: SrfListener): void;
  message(listener: SrfListener): void;
  subscribe(listener: SrfListener): void;
  notify(listener: SrfListener): void;
  publish(listener: SrfListener): void;
  refer(listener: SrfListener): void;
  info(listener: SrfListener): void;
  request(uri: string, options: RequestOptions, callback: (error: unknown, request?: SrfRequest) => void): void;
  removeDialog(dialog: SrfDialog): void;
}
