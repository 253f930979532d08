import Mrf, { type EndpointLike, type MediaServerLike } from 'drachtio-fsmrf';
import { type Clock, gatherWrites, GatewayError, messageOf, TypedEmitter } from '../lib';
import type { DrachtioConnection } from '../dialogs';
import type { EventSocketAddress } from './event-socket';
import { mediaTimeoutFor, NEVER_MS } from './media-watch';
import { OWNER_HEADER } from './orphan-channels';

const READY_TIMEOUT_MS = 6_000;
const CREATE_TIMEOUT_MS = 6_000;

/** drachtio-fsmrf towards one media server: it creates channels and does nothing else. */
export class ChannelCreator extends TypedEmitter<{ closed: [reason: string] }> {
  readonly #server: MediaServerLike;
  readonly #name: string;
  readonly #drachtio: DrachtioConnection;
  readonly #clock: Clock;
  readonly #gatewayId: string;

  private constructor(server: MediaServerLike, name: string, gatewayId: string, drachtio: DrachtioConnection, clock: Clock) {
    super();
    this.#server = server;
    this.#name = name;
    this.#drachtio = drachtio;
    this.#clock = clock;
    this.#gatewayId = gatewayId;
    server.conn.socket?.setNoDelay(true);
    // drachtio-modesl writes each line by itself, eight times for one channel: before it does, hence the first listener.
    server._server.server.prependListener('connection', (channelSocket) => {
      channelSocket.setNoDelay(true);
      gatherWrites(channelSocket);
    });
    // modesl's own reconnect mixes up replies (contracts/freeswitch section 5): drop it and make everything anew.
    server.on('end', () => this.emit('closed', 'event socket of the channel creator closed'));
    server.on('error', () => this.emit('closed', 'event socket of the channel creator failed'));
  }

  /** `listenAddress`: where the media server connects back to us, once for each channel. Throws `media-unreachable`. */
  static async connect(
    name: string, address: EventSocketAddress & { readonly listenAddress: string; readonly gatewayId: string }, drachtio: DrachtioConnection, clock: Clock,
  ): Promise<ChannelCreator> {
    const { host, port, secret, listenAddress, gatewayId } = address;
    // Its promise never settles when the server closes the connection at the wrong moment, hence the time limit.
    const late = (): GatewayError => new GatewayError('media-unreachable', `media server ${name} did not get ready`);
    const connecting = new Mrf(drachtio.srf).connect({ address: host, port, secret, listenAddress });
    const server = await within(clock, READY_TIMEOUT_MS, connecting, late, (unwanted) => unwanted.disconnect());
    return new ChannelCreator(server, name, gatewayId, drachtio, clock);
  }

  /** Throws `media-refused` and `media-timeout`; a channel that comes after that is ended: nobody else knows of it. */
  async create(remoteSdp: string, mediaTimeoutMs: number | undefined, signal: AbortSignal): Promise<EndpointLike> {
    // For the dialplan, which is the only one that FreeSWITCH takes it from before media flow (freeswitch-conf/dialplan).
    const timeouts = mediaTimeoutMs === undefined ? {} : {
      'X-Media-Timeout': String(mediaTimeoutFor(remoteSdp, mediaTimeoutMs)), 'X-Media-Hold-Timeout': String(NEVER_MS),
    };
    const headers = { [OWNER_HEADER]: this.#gatewayId, ...timeouts };
    const late = (): GatewayError =>
      new GatewayError('media-timeout', `media server ${this.#name} made no endpoint in time`, { sipStatus: 503 });
    const creating = Promise.resolve().then(() => this.#server.createEndpoint({ remoteSdp, headers })).catch((error: unknown) => {
      // drachtio-fsmrf asserts that an offer needs no DTLS handshake.
      const { status, code } = error as { status?: unknown; code?: unknown };
      const sipStatus = status === 488 || code === 'ERR_ASSERTION' ? 488 : 503;
      throw new GatewayError('media-refused', `media server ${this.#name}: ${messageOf(error)}`, { sipStatus, cause: error });
    });
    // The media server is lost; it may be frozen, and nobody waits until it is found out by SIP.
    return within(this.#clock, CREATE_TIMEOUT_MS, creating, late, ({ dialog }) => {
      void this.#drachtio.adoptFrom(dialog, remoteSdp).bye().catch(() => undefined);
    }, signal);
  }

  close(): void {
    this.#server.disconnect();
  }
}

/** What `coming` brings, or `late` after `ms` or when `signal` is aborted; what comes after that goes to `unwanted`. */
function within<T>(
  clock: Clock, ms: number, coming: Promise<T>, late: () => Error, unwanted: (value: T) => void, signal?: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isLate = false;
    const giveUp = (): void => {
      isLate = true;
      reject(late());
    };
    const timer = clock.after(ms, giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    coming.then((value) => (isLate ? unwanted(value) : resolve(value)), reject).finally(() => {
      timer.cancel();
      signal?.removeEventListener('abort', giveUp);
    });
  });
}
