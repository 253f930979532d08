import { connect } from 'node:net';
import Mrf, { type EndpointLike, type MediaServerLike } from 'drachtio-fsmrf';
import { type Clock, GatewayError, messageOf, type Timer, TypedEmitter } from '../lib';
import type { DrachtioConnection } from '../dialogs';
import { type ChannelEvent, EventSocket, type EventSocketAddress } from './event-socket';
import { MediaEndpoint } from './media-endpoint';
import { mediaTimeoutFor, NEVER_MS } from './media-watch';
import { requireVersion } from './server-version';

export interface MediaServerOptions extends EventSocketAddress {
  /** Address for the connections that the media server makes back to us, one per endpoint. */
  readonly listenAddress: string;
  /** A far end that sends nothing for so long, though it should, is taken for gone; 0 never. Default 0. */
  readonly mediaTimeoutMs?: number;
  /** The address that callers reach its RTP ports at, where it is behind NAT. */
  readonly externalIp?: string | undefined;
  /** Why a FreeSWITCH older than 1.11.3 may be used. */
  readonly oldVersionReason?: string | undefined;
}

interface MediaServerEvents extends Record<string, unknown[]> {
  up: [];
  down: [reason: string];
  /** An endless sound, such as hold music, could not be played on one of its channels. */
  'layer-failed': [source: string];
}

const CREATE_TIMEOUT_MS = 6_000;
const RECONNECT_MS = 1_000;

/**
 * One media server. drachtio-fsmrf creates endpoints (an INVITE with the far end's SDP); everything after that goes over
 * our own event socket by channel uuid, so that a created and an adopted channel are the same object.
 */
export class MediaServer extends TypedEmitter<MediaServerEvents> {
  readonly name: string;
  readonly #options: MediaServerOptions;
  readonly #drachtio: DrachtioConnection;
  readonly #clock: Clock;
  readonly #endpoints = new Set<MediaEndpoint>();
  #creator: MediaServerLike | undefined;
  #socket: EventSocket | undefined;
  #reconnect: Timer | undefined;
  #stopped = false;
  #channels = 0;
  #maxChannels = Number.POSITIVE_INFINITY;

  constructor(options: MediaServerOptions, drachtio: DrachtioConnection, clock: Clock) {
    super();
    this.name = `${options.host}:${options.port}`;
    this.#options = options;
    this.#drachtio = drachtio;
    this.#clock = clock;
  }

  get up(): boolean {
    return this.#socket !== undefined && this.#creator !== undefined;
  }

  /** Share of its channels in use by the last heartbeat, or by our own count where that is higher: 0 idle, 1 full. */
  get load(): number {
    return Math.max(this.#channels, this.#endpoints.size) / this.#maxChannels;
  }

  get endpointCount(): number {
    return this.#endpoints.size;
  }

  /** Connects; when the server is not there, keeps trying every second until `stop`. Throws `media-server-too-old`. */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'media-server-too-old') throw error;
      this.#closeConnections();
      this.emit('down', messageOf(error));
      this.#retryLater();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#reconnect?.cancel();
    this.#closeConnections();
  }

  /**
   * A new endpoint whose far end has this SDP (its offer, or a template of what we accept). `isWatched`: the far end is a
   * person's, whose silence on the wire means that it is gone.
   */
  async createEndpoint(remoteSdp: string, isWatched = true): Promise<MediaEndpoint> {
    const creator = this.#creator;
    const socket = this.#socket;
    if (!creator || !socket) throw new GatewayError('media-down', `media server ${this.name} is down`, { sipStatus: 503 });
    const mediaTimeoutMs = (isWatched && this.#options.mediaTimeoutMs) || undefined;
    const created = await this.#inTime(creator, remoteSdp, mediaTimeoutMs);
    // Its own socket is only kept so that the channel keeps its controller; events would cost a parse each.
    created.conn.socket?.setNoDelay(true);
    created.conn.sendRecv('noevents');
    const { uuid, local } = created;
    const dialog = this.#drachtio.adoptFrom(created.dialog, remoteSdp);
    const watch = mediaTimeoutMs === undefined ? {} : { mediaTimeoutMs };
    const facts = { uuid, serverName: this.name, localSdp: local.sdp, externalIp: this.#options.externalIp, ...watch };
    const endpoint = new MediaEndpoint(facts, socket, dialog, this.#clock);
    this.#endpoints.add(endpoint);
    endpoint.once('gone', () => this.#endpoints.delete(endpoint));
    endpoint.on('layer-failed', (source) => this.emit('layer-failed', source));
    created.on('destroy', () => void endpoint.release());
    try {
      await endpoint.start(remoteSdp);
      return endpoint;
    } catch (error) {
      await endpoint.release();
      throw error;
    }
  }

  /** Runs an api command on this server, for joining channels that other gateways own. */
  api(command: string): Promise<string> {
    if (!this.#socket) return Promise.reject(new GatewayError('media-down', `media server ${this.name} is down`));
    return this.#socket.api(command);
  }

  async #open(): Promise<void> {
    // drachtio-fsmrf retries for ever in the background after a refused connection: look before it leaps.
    await probe(this.#options.host, this.#options.port);
    const socket = new EventSocket(this.#options, this.#clock);
    socket.on('heartbeat', (event) => this.#onHeartbeat(event));
    let creator: MediaServerLike;
    try {
      await socket.open();
      requireVersion(this.name, await socket.api('version'), this.#options.oldVersionReason);
      creator = await this.#createCreator();
    } catch (error) {
      socket.close();
      throw error;
    }
    if (this.#stopped || !socket.isOpen) {
      creator.disconnect();
      socket.close();
      throw new GatewayError('media-disconnected', `media server ${this.name} went away while we connected`);
    }
    creator.conn.socket?.setNoDelay(true);
    // modesl's own reconnect mixes up replies (contracts/freeswitch section 5): drop it and make everything anew.
    creator.on('end', () => this.#lost(socket, 'event socket of the endpoint creator closed'));
    creator.on('error', () => this.#lost(socket, 'event socket of the endpoint creator failed'));
    socket.on('closed', (reason) => this.#lost(socket, reason));
    this.#socket = socket;
    this.#creator = creator;
    this.emit('up');
  }

  /** Its promise never settles when the server closes the connection at the wrong moment, hence the time limit. */
  #createCreator(): Promise<MediaServerLike> {
    const { host, port, secret, listenAddress } = this.#options;
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = this.#clock.after(CREATE_TIMEOUT_MS, () => {
        late = true;
        reject(new GatewayError('media-unreachable', `media server ${this.name} did not get ready`));
      });
      new Mrf(this.#drachtio.srf)
        .connect({ address: host, port, secret, listenAddress })
        .then((creator) => (late ? creator.disconnect() : resolve(creator)), reject)
        .finally(() => timer.cancel());
    });
  }

  #lost(socket: EventSocket, reason: string): void {
    if (this.#stopped || this.#socket !== socket) return;
    this.#closeConnections();
    this.emit('down', reason);
    for (const endpoint of this.#endpoints) void endpoint.release();
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#stopped) return;
    this.#reconnect = this.#clock.after(RECONNECT_MS, () => void this.start());
  }

  #closeConnections(): void {
    const socket = this.#socket;
    const creator = this.#creator;
    this.#socket = undefined;
    this.#creator = undefined;
    creator?.disconnect();
    socket?.close();
  }

  #onHeartbeat(event: ChannelEvent): void {
    this.#channels = Number(event.header('Session-Count') ?? 0);
    const max = Number(event.header('Max-Sessions') ?? 0);
    if (max > 0) this.#maxChannels = max;
  }

  /** An endpoint that comes after we have given up on it is ended: nobody else knows of it. */
  #inTime(creator: MediaServerLike, remoteSdp: string, mediaTimeoutMs: number | undefined): Promise<EndpointLike> {
    // For the dialplan, which is the only one that FreeSWITCH takes it from before media flow (freeswitch-conf/dialplan).
    const headers = mediaTimeoutMs === undefined ? {} : {
      'X-Media-Timeout': String(mediaTimeoutFor(remoteSdp, mediaTimeoutMs)), 'X-Media-Hold-Timeout': String(NEVER_MS),
    };
    return new Promise<EndpointLike>((resolve, reject) => {
      let late = false;
      const timer = this.#clock.after(CREATE_TIMEOUT_MS, () => {
        late = true;
        reject(new GatewayError('media-timeout', `media server ${this.name} made no endpoint in time`, { sipStatus: 503 }));
      });
      Promise.resolve()
        .then(() => creator.createEndpoint({ remoteSdp, headers }))
        .then((created) => {
          if (!late) return resolve(created);
          return void this.#drachtio.adoptFrom(created.dialog, remoteSdp).bye().catch(() => undefined);
        })
        .catch((error: unknown) => {
          // drachtio-fsmrf asserts that an offer needs no DTLS handshake.
          const { status, code } = error as { status?: unknown; code?: unknown };
          const sipStatus = status === 488 || code === 'ERR_ASSERTION' ? 488 : 503;
          reject(new GatewayError('media-refused', `media server ${this.name}: ${messageOf(error)}`, { sipStatus, cause: error }));
        })
        .finally(() => timer.cancel());
    });
  }
}

function probe(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new GatewayError('media-unreachable', `no media server at ${host}:${port}: ${why}`));
    };
    socket.once('connect', () => {
      socket.end();
      resolve();
    });
    socket.once('timeout', () => fail('no answer'));
    socket.once('error', (error) => fail(error.message));
  });
}
