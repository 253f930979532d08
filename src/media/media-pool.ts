import { type Clock, GatewayError, messageOf, pause, Turnstile, TypedEmitter } from '../lib';
import type { SipDialog } from '../dialogs';
import { useLink } from './linked';
import type { MediaChannel } from './media-channel';
import { MediaEndpoint } from './media-endpoint';
import type { MediaPlace } from './media-place';
import type { MediaServer } from './media-server';

export interface MediaPoolOptions {
  /** How long an endpoint whose media server is lost is kept while there are no other media for it. */
  readonly lostForMs: number;
  /** How many channels are made at once for the endpoints of a lost server. */
  readonly movesAtOnce: number;
}

/** The other end of an endpoint's media, which has to follow them to another media server. */
export interface FarSide {
  /** Its media as it described them last. */
  readonly sdp: string;
  /** Asked before each attempt: an end of a link belongs where its leg is, which may be on its way too. */
  wish?(): Promise<ServerWish>;
  /** False: it is not watched for silence. */
  readonly isWatched: boolean;
  /**
   * Tells it that its media are on this channel from now on, and the channel what it says to that. `refused`: it keeps to the
   * old ones, which may come back. `gone`: it is not there any more.
   */
  follow(channel: MediaChannel): Promise<'followed' | 'refused' | 'gone'>;
}

/** Which media server a channel should be on, by name. */
export interface ServerWish {
  /** When it is up and has room. */
  readonly preferred?: string | undefined;
  /** On no other. */
  readonly only?: string | undefined;
  /** When no other has room. */
  readonly avoided?: string;
}

/** Between attempts to find a place on a living server: its limit of sessions a second is one of every second. */
const RETRY_MS = 250;

/** All media servers of this gateway; every gateway may use every one of them. */
export class MediaPool extends TypedEmitter<{ 'layer-failed': [serverName: string, source: string] }> {
  readonly #servers: readonly MediaServer[];
  readonly #clock: Clock;
  readonly #options: MediaPoolOptions;
  readonly #moves: Turnstile;
  readonly #stopping = new AbortController();

  constructor(servers: readonly MediaServer[], clock: Clock, options: MediaPoolOptions) {
    super();
    this.#servers = servers;
    this.#clock = clock;
    this.#options = options;
    this.#moves = new Turnstile(options.movesAtOnce);
  }

  get servers(): readonly MediaServer[] {
    return this.#servers;
  }

  get up(): boolean {
    return this.#servers.some((server) => server.up);
  }

  /** How many more channels those that are up can have. */
  get room(): number {
    return this.#servers.reduce((sum, server) => sum + (server.up ? server.room : 0), 0);
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** How long whoever has lost media, or waits for somebody who has, waits for others; ms. */
  get patienceMs(): number {
    return this.#options.lostForMs;
  }

  async start(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.start()));
  }

  stop(): void {
    this.#stopping.abort();
    for (const server of this.#servers) server.stop();
  }

  server(name: string): MediaServer | undefined {
    return this.#servers.find((server) => server.name === name);
  }

  /**
   * A new endpoint for the far end with this SDP: on `preferred` when it is up and has room, else on the least loaded server,
   * and on the next one when that refuses. Media that nobody accepts (488) is not tried elsewhere. Throws `media-full`.
   */
  async createEndpoint(remoteSdp: string, preferred?: string): Promise<MediaEndpoint> {
    return this.#firstThatCan({ preferred }, (server) => this.#start(server.createChannel(remoteSdp)));
  }

  /**
   * A new endpoint that faces another one. It is not watched: it is as silent as the person behind the other one, who is watched
   * where he is. Throws `media-full`, `media-down`.
   */
  async createLinkEnd(remoteSdp: string, wish: ServerWish): Promise<MediaEndpoint> {
    return this.#firstThatCan(wish, (server) => this.#start(server.createChannel(remoteSdp, false)));
  }

  async #start(channel: Promise<MediaChannel>): Promise<MediaEndpoint> {
    const endpoint = this.#endpointOn(await channel);
    try {
      await endpoint.start();
    } catch (error) {
      await endpoint.release();
      throw error;
    }
    return endpoint;
  }

  /**
   * The endpoint of a channel that another gateway has made, with the link of its bridge; undefined when its media server is none
   * of ours. It is lost when its media server is, or does not have the channel any more. `dialogOf` takes a dialog over.
   */
  async adoptEndpoint(media: MediaPlace, dialogOf: (place: MediaPlace) => SipDialog): Promise<MediaEndpoint | undefined> {
    const adopt = async (place?: MediaPlace): Promise<MediaEndpoint | undefined> => place && this.#adopt(place, dialogOf);
    const [endpoint, near, far] = await Promise.all([adopt(media), adopt(media.link?.near), adopt(media.link?.far)]);
    if (endpoint && near && far) useLink(endpoint, { near, far });
    // One that died before it had joined the two, or after they were parted.
    if (!endpoint?.isBridged || !(far?.isBridged || far?.isLost)) await Promise.all([near?.release(), far?.release()]);
    return endpoint;
  }

  async #adopt(place: MediaPlace, dialogOf: (place: MediaPlace) => SipDialog): Promise<MediaEndpoint | undefined> {
    const channel = this.server(place.serverName)?.adoptChannel(place, dialogOf(place));
    const endpoint = channel && this.#endpointOn(channel);
    if (endpoint && !endpoint.isLost) await endpoint.resume();
    return endpoint;
  }

  #endpointOn(channel: MediaChannel): MediaEndpoint {
    const endpoint = new MediaEndpoint(channel, this.#clock, this.#options.lostForMs);
    endpoint.on('layer-failed', (source) => this.emit('layer-failed', endpoint.serverName, source));
    return endpoint;
  }

  /**
   * Brings a lost endpoint onto a living media server, or leaves it where it is when its own comes back with its channel.
   * Resolves when it has media, or is gone: after `lostForMs`, or when its far end will not follow and the old media are dead.
   */
  async rehome(endpoint: MediaEndpoint, far: FarSide): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#options.lostForMs;
    await this.server(endpoint.serverName)?.lookedAgain;
    let refused = false;
    while (endpoint.isLost && !this.#stopping.signal.aborted) {
      if (this.#clock.monotonic() >= deadline || (refused && endpoint.isDead)) return endpoint.giveUp();
      if (!refused) refused = (await this.#attempt(endpoint, far)) === 'refused';
      if (endpoint.isLost && !(refused && endpoint.isDead)) await pause(this.#clock, RETRY_MS, this.#stopping.signal);
    }
  }

  async #attempt(endpoint: MediaEndpoint, far: FarSide): Promise<'refused' | undefined> {
    const wish = { ...(await far.wish?.()), avoided: endpoint.serverName };
    const channel = await this.#moves.run(() => this.#channelFor(endpoint, far, wish));
    if (!channel) return undefined;
    const answer = endpoint.isLost ? await far.follow(channel).catch(() => 'failed' as const) : 'failed';
    if (answer === 'followed') await endpoint.moveTo(channel);
    else await channel.release();
    if (answer === 'gone') endpoint.giveUp();
    return answer === 'refused' ? answer : undefined;
  }

  /** Undefined when no server has a place now, which is no failure: it is asked again. */
  async #channelFor(endpoint: MediaEndpoint, far: FarSide, wish: ServerWish): Promise<MediaChannel | undefined> {
    if (!endpoint.isLost) return undefined;
    return this.#firstThatCan(wish, (server) => server.createChannel(far.sdp, far.isWatched)).catch(() => undefined);
  }

  async #firstThatCan<T>(wish: ServerWish, make: (server: MediaServer) => Promise<T>): Promise<T> {
    const rank = ({ name }: MediaServer): number => (name === wish.preferred ? 0 : name === wish.avoided ? 2 : 1);
    const candidates = this.#servers
      .filter(({ up, room, name }) => up && room > 0 && (wish.only ?? name) === name)
      .sort((a, b) => rank(a) - rank(b) || a.load - b.load || a.channelCount - b.channelCount);
    let refusal: Error | undefined;
    for (const server of candidates) {
      try {
        return await make(server);
      } catch (error) {
        refusal = error instanceof Error ? error : new Error(messageOf(error));
        if (error instanceof GatewayError && error.sipStatus === 488) break;
      }
    }
    if (refusal) throw refusal;
    const { up } = wish.only === undefined ? this : (this.server(wish.only) ?? { up: false });
    const whose = wish.only === undefined ? 'of all media servers' : `of media server ${wish.only}`;
    if (up) throw new GatewayError('media-full', `no channel ${whose} is left`, { sipStatus: 503 });
    throw new GatewayError('media-down', `none ${whose} is up`, { sipStatus: 503 });
  }
}
