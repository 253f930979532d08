import { connect } from 'node:net';
import { type Clock, GatewayError, messageOf, type Timer, TypedEmitter } from '../lib';
import type { DrachtioConnection, SipDialog } from '../dialogs';
import { ChannelCount } from './channel-count';
import { ChannelCreator } from './channel-creator';
import { type ChannelEvent, EventSocket, type EventSocketAddress } from './event-socket';
import { type ChannelFacts, MediaChannel } from './media-channel';
import { endOrphans, type OrphansEnded, OWNER_VARIABLE, type RecordedChannels } from './orphan-channels';
import { requireVersion } from './server-version';
import { slimEndpoint } from './slim-endpoint';

export interface MediaServerOptions extends EventSocketAddress {
  /** This incarnation, by which others know whose channels are left when it is dead. */
  readonly gatewayId: string;
  /** Address for the connections that the media server makes back to us, one per endpoint. */
  readonly listenAddress: string;
  /** A far end that sends nothing for so long, though it should, is taken for gone; 0 never. Default 0. */
  readonly mediaTimeoutMs?: number;
  /** The address that callers reach its RTP ports at, where it is behind NAT. */
  readonly externalIp?: string | undefined;
  /** Why a FreeSWITCH older than 1.11.3 may be used. */
  readonly oldVersionReason?: string | undefined;
  /** One that owes an answer for so long is taken for dead. */
  readonly deadAfterMs: number;
  /** Channels that its RTP ports are enough for; absent: any number. */
  readonly maxChannels?: number | undefined;
}

export type AdoptedChannel = Pick<ChannelFacts, 'uuid' | 'localSdp' | 'remoteSdp'>;

interface MediaServerEvents extends Record<string, unknown[]> {
  up: [];
  /** Told once, until it is up again. `channels`: how many of ours it had. */
  down: [reason: string, channels: number];
  /** It is back, has been rid of `ended` channels that are not ours any more, and `found` of ours were on it still. */
  cleaned: [ended: number, found: number];
}

/** Looks for a server that is down; one that comes back takes its callers back, or new ones, that soon. */
const RECONNECT_MS = 250;
/**
 * A server that ends all that it has is given nothing for so long: one that stops takes INVITEs without answering them for most of a
 * second (FreeSWITCH 1.11.2).
 */
const CLEARED_FOR_MS = 2_000;
/** A connection may break while the server lives: its channels are moved elsewhere only when it was not found again so soon. */
const SECOND_LOOK_MS = 300;

/**
 * One media server. drachtio-fsmrf creates channels (an INVITE with the far end's SDP); everything after that goes over
 * our own event socket by channel uuid, so that a created and an adopted channel are the same object.
 */
export class MediaServer extends TypedEmitter<MediaServerEvents> {
  readonly name: string;
  readonly #options: MediaServerOptions;
  readonly #drachtio: DrachtioConnection;
  readonly #clock: Clock;
  /** Those in use, also while the server is lost. */
  readonly #channels = new Set<MediaChannel>();
  /** Uuids of those that we have ended, and that the server may have all the same, since it has not confirmed it. */
  readonly #unconfirmed = new Set<string>();
  readonly #count: ChannelCount;
  /** Channels that are being made. */
  #making = 0;
  /** Aborted when the connection is lost. */
  #connection: AbortController | undefined;
  #creator: ChannelCreator | undefined;
  #socket: EventSocket | undefined;
  #reconnect: Timer | undefined;
  /** Until when it is given nothing (monotonic ms), for it has ended all that it had. */
  #clearedUntil = 0;
  #stopped = false;
  #isKnownDown = false;
  #secondLook: Promise<void> = Promise.resolve();

  constructor(options: MediaServerOptions, drachtio: DrachtioConnection, clock: Clock) {
    super();
    this.name = `${options.host}:${options.port}`;
    this.#options = options;
    this.#count = new ChannelCount(options.maxChannels);
    this.#drachtio = drachtio;
    this.#clock = clock;
  }

  get up(): boolean {
    return this.#socket !== undefined && this.#creator !== undefined;
  }

  /** Share of its channels in use: 0 idle, 1 full. */
  get load(): number {
    return this.#used / this.#count.capacity;
  }

  /** How many more channels it can have: of its sessions, or of its RTP ports when those are fewer. None while it stops. */
  get room(): number {
    return this.#now() < this.#clearedUntil ? 0 : Math.max(0, this.#count.capacity - this.#used);
  }

  get #used(): number {
    return this.#count.used(this.#ours);
  }

  get #ours(): number {
    return this.#channels.size + this.#making;
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Resolves when it is known whether a server whose connection broke is there still. */
  get lookedAgain(): Promise<void> {
    return this.#secondLook;
  }

  /** Connects; when the server is not there, keeps trying until `stop`. Throws `media-server-too-old`. */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'media-server-too-old') throw error;
      this.#closeConnections();
      this.#tellDown(messageOf(error));
      // Nobody listens: the process has ended, and its channels with it.
      if (isRefused(error)) for (const channel of this.#channels) channel.die();
      this.#retryLater();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#reconnect?.cancel();
    this.#closeConnections();
  }

  /**
   * A new channel whose far end has this SDP (its offer, or a template of what we accept). `isWatched`: the far end is a
   * person's, whose silence on the wire means that it is gone.
   */
  async createChannel(remoteSdp: string, isWatched = true): Promise<MediaChannel> {
    const { name } = this;
    const [creator, socket, connection] = [this.#creator, this.#socket, this.#connection];
    if (!creator || !socket || !connection) throw new GatewayError('media-down', `media server ${name} is down`, { sipStatus: 503 });
    const mediaTimeoutMs = (isWatched && this.#options.mediaTimeoutMs) || undefined;
    this.#making += 1;
    const created = await creator.create(remoteSdp, mediaTimeoutMs, connection.signal).finally(() => (this.#making -= 1));
    // Its own socket is only kept so that the channel keeps its controller; events would cost a parse each.
    created.conn.sendRecv('noevents');
    const dialog = this.#drachtio.adoptFrom(created.dialog, remoteSdp);
    const { uuid, localSdp } = slimEndpoint(created);
    const watch = mediaTimeoutMs === undefined ? {} : { mediaTimeoutMs };
    const facts = { uuid, serverName: name, localSdp, remoteSdp, externalIp: this.#options.externalIp, ...watch };
    const channel = this.#keep(new MediaChannel(facts, socket, dialog, this.#clock));
    created.on('destroy', () => void channel.verify());
    if (this.#socket === socket) return channel;
    void channel.release();
    throw new GatewayError('media-disconnected', `media server ${name} was lost`, { sipStatus: 503 });
  }

  /** A channel that another gateway has made here; a lost one while the server is. */
  adoptChannel({ uuid, localSdp, remoteSdp }: AdoptedChannel, dialog: SipDialog): MediaChannel {
    const { externalIp, mediaTimeoutMs, deadAfterMs, gatewayId } = this.#options;
    const facts = { uuid, serverName: this.name, localSdp, remoteSdp, externalIp, ...(mediaTimeoutMs ? { mediaTimeoutMs } : {}) };
    const socket = this.#socket ?? new EventSocket(this.#options, this.#clock, deadAfterMs);
    const channel = this.#keep(new MediaChannel(facts, socket, dialog, this.#clock));
    this.#count.adopt();
    if (!this.#socket) channel.lose(this.#now());
    // A server that is lost now has it written when it is back, or no such channel.
    else channel.api('setvar', `${OWNER_VARIABLE} ${gatewayId}`).catch(() => undefined);
    return channel;
  }

  /** Ends what a dead gateway has left here and no record tells of. */
  async endOrphans(deadGatewayId: string, recorded: RecordedChannels): Promise<OrphansEnded> {
    const ours = new Set([...this.#channels].map(({ uuid }) => uuid));
    return this.#socket ? endOrphans(this.#socket, deadGatewayId, (uuid) => ours.has(uuid), recorded) : { ended: 0, left: 0 };
  }

  readonly #now = (): number => this.#clock.monotonic();

  #keep(channel: MediaChannel): MediaChannel {
    this.#channels.add(channel);
    channel.once('ended', (cause) => {
      this.#channels.delete(channel);
      if (cause === 'released') this.#unconfirmed.add(channel.uuid);
    });
    channel.once('confirmed', () => this.#unconfirmed.delete(channel.uuid));
    channel.on('cleared', () => (this.#clearedUntil = this.#now() + CLEARED_FOR_MS));
    return channel;
  }

  async #open(): Promise<void> {
    const { deadAfterMs, oldVersionReason } = this.#options;
    // drachtio-fsmrf retries for ever in the background after a refused connection: look before it leaps.
    await probe(this.#options.host, this.#options.port);
    const socket = new EventSocket(this.#options, this.#clock, deadAfterMs);
    socket.on('heartbeat', (event) => this.#onHeartbeat(event));
    let creator: ChannelCreator;
    try {
      await socket.open();
      requireVersion(this.name, await socket.api('version'), oldVersionReason);
      this.#takeStatus(await socket.api('status'));
      await this.#clean(socket);
      creator = await ChannelCreator.connect(this.name, this.#options, this.#drachtio, this.#clock);
    } catch (error) {
      socket.close();
      throw error;
    }
    if (this.#stopped || !socket.isOpen) {
      creator.close();
      socket.close();
      throw new GatewayError('media-disconnected', `media server ${this.name} went away while we connected`);
    }
    creator.on('closed', (reason) => this.#lost(socket, reason, 'closed'));
    socket.on('closed', (reason, how) => this.#lost(socket, reason, how));
    this.#socket = socket;
    this.#creator = creator;
    this.#connection = new AbortController();
    this.#isKnownDown = false;
    this.#clearedUntil = 0;
    for (const channel of this.#channels) channel.recover(socket);
    this.emit('up');
  }

  /**
   * Before a server that was away is used again: what it has of ours that is not ours any more is ended (a frozen server goes
   * on sending to callers who have been moved), and what it has lost is known to be lost.
   */
  async #clean(socket: EventSocket): Promise<void> {
    const unwanted = [...this.#unconfirmed];
    const replies = await Promise.all(unwanted.map((uuid) => socket.api(`uuid_kill ${uuid}`)));
    for (const uuid of unwanted) this.#unconfirmed.delete(uuid);
    const ours = [...this.#channels];
    const answers = await Promise.all(ours.map(({ uuid }) => socket.api(`uuid_exists ${uuid}`)));
    ours.forEach((channel, index) => {
      if (answers[index]?.trim() !== 'true') channel.die();
    });
    const ended = replies.filter((reply) => reply.startsWith('+OK')).length;
    const found = answers.filter((answer) => answer.trim() === 'true').length;
    if (ended + found > 0) this.emit('cleaned', ended, found);
  }

  #lost(socket: EventSocket, reason: string, how: 'closed' | 'silent'): void {
    if (this.#stopped || this.#socket !== socket) return;
    this.#closeConnections();
    // A closed connection is looked into at once; over one that nobody answers on there is nothing to see.
    if (how === 'closed') this.#secondLook = this.#lookAgain();
    else this.#retryLater();
    this.#tellDown(reason);
    for (const channel of [...this.#channels]) channel.lose(socket.heardAt);
  }

  #lookAgain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(SECOND_LOOK_MS, resolve);
      void this.#startAgain().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** A server that came back as an older version than before is not used. */
  #startAgain(): Promise<void> {
    return this.start().catch((error: unknown) => {
      this.#isKnownDown = false;
      this.#tellDown(messageOf(error));
    });
  }

  #retryLater(): void {
    if (this.#stopped) return;
    this.#reconnect = this.#clock.after(RECONNECT_MS, () => void this.#startAgain());
  }

  #tellDown(reason: string): void {
    if (this.#isKnownDown) return;
    this.#isKnownDown = true;
    this.emit('down', reason, this.#channels.size);
  }

  #closeConnections(): void {
    const [socket, creator] = [this.#socket, this.#creator];
    this.#socket = undefined;
    this.#creator = undefined;
    this.#connection?.abort();
    creator?.close();
    socket?.close();
  }

  /** Before its first heartbeat. */
  #takeStatus(status: string): void {
    const number = (pattern: RegExp): number => Number(pattern.exec(status)?.[1] ?? 0);
    this.#count.take(number(/^(\d+) session\(s\) - peak/m), number(/^(\d+) session\(s\) max/m), this.#ours);
  }

  #onHeartbeat(event: ChannelEvent): void {
    this.#count.take(Number(event.header('Session-Count') ?? 0), Number(event.header('Max-Sessions') ?? 0), this.#ours);
  }
}

const isRefused = (error: unknown): boolean => error instanceof GatewayError && (error.cause as { code?: unknown } | undefined)?.code === 'ECONNREFUSED';

function probe(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const fail = (why: string, cause?: Error): void => {
      socket.destroy();
      reject(new GatewayError('media-unreachable', `no media server at ${host}:${port}: ${why}`, { cause }));
    };
    socket.once('connect', () => {
      socket.end();
      resolve();
    });
    socket.once('timeout', () => fail('no answer'));
    socket.once('error', (error) => fail(error.message, error));
  });
}
