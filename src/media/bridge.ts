import { deferred, pause } from '../lib';
import { createLink, type Link } from './link';
import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool } from './media-pool';

/** Where the media of a leg are. */
export interface LegPlace {
  readonly endpointUuid: string;
  readonly mediaServer: string;
}

/** The other side of a bridge, which another gateway may own: where it was last known to be, and where it is. */
export interface RemoteLeg extends LegPlace {
  /** Undefined: the leg is over. Asked only when it is not found, or not any more, where it was known to be. */
  locate(): Promise<LegPlace | undefined>;
}

export interface Bridge {
  /**
   * Settles when the two no longer hear each other, whoever caused it. A media server that is lost is no end: the two are joined
   * again when both have media.
   */
  readonly ended: Promise<void>;
  /** Ends the bridge; both legs stay up. */
  end(): Promise<void>;
}

/** uuid_bridge took 72-81 ms on FreeSWITCH (contracts/freeswitch section 10). */
const BRIDGE_TIMEOUT_MS = 3_000;
/** Between looks for a leg that is being moved, by this gateway or by another one. */
const LOOK_MS = 100;

/** The other leg, when it is one of this gateway. */
export function legOf(endpoint: MediaEndpoint): RemoteLeg {
  const place = (): LegPlace => ({ endpointUuid: endpoint.uuid, mediaServer: endpoint.serverName });
  return { ...place(), locate: () => Promise.resolve(endpoint.gone ? undefined : place()) };
}

/**
 * Lets two legs hear each other: within one media server by `uuid_bridge`, across two through a link of two more
 * channels. Returns undefined when the other leg is gone or cannot be joined; rejects when a media server fails.
 */
export async function bridgeLegs(pool: MediaPool, own: MediaEndpoint, other: RemoteLeg): Promise<Bridge | undefined> {
  const bridge = new LegBridge(pool, own, other);
  return (await bridge.join()) ? bridge : undefined;
}

/** A bridge that another gateway has made, and that is there. */
export function resumeBridge(pool: MediaPool, own: MediaEndpoint, other: RemoteLeg): Bridge {
  const bridge = new LegBridge(pool, own, other);
  if (!own.isBridged) void bridge.end();
  return bridge;
}

/** The bridge that this endpoint is in, for whom it is to follow that: the other leg's gateway has made it, and makes it again. */
export function bridgeOf(own: MediaEndpoint): Bridge {
  const ended = deferred<void>();
  const off = [own.on('gone', () => ended.resolve()), own.on('unbridged', () => ended.resolve())];
  void ended.promise.then(() => {
    for (const stop of off) stop();
  });
  // It may have been over before we could listen.
  if (!own.isBridged) ended.resolve();
  return { ended: ended.promise, end: () => own.unbridge() };
}

class LegBridge implements Bridge {
  readonly ended: Promise<void>;
  readonly #ended = deferred<void>();
  readonly #pool: MediaPool;
  readonly #own: MediaEndpoint;
  readonly #other: RemoteLeg;
  readonly #off: (() => void)[];
  readonly #over = new AbortController();
  /** Where the other leg was joined, or is to be. */
  #place: LegPlace;
  #link: Link | undefined;
  #isJoining = false;

  constructor(pool: MediaPool, own: MediaEndpoint, other: RemoteLeg) {
    this.#pool = pool;
    this.#own = own;
    this.#other = other;
    this.#place = other;
    this.ended = this.#ended.promise;
    this.#off = [
      own.on('gone', () => this.#finish()),
      own.on('unbridged', () => void this.#onParted()),
      own.on('lost', () => void this.#joinAgain()),
    ];
  }

  /** False when the two cannot be joined. Media servers that are lost meanwhile are waited for. */
  async join(): Promise<boolean> {
    this.#isJoining = true;
    const joined = await this.#join().catch((error: unknown) => {
      this.#finish();
      throw error;
    }).finally(() => {
      this.#isJoining = false;
    });
    // It may have been over before we could listen.
    if (!joined || !this.#own.isBridged) this.#finish();
    else if (this.#own.isParted || this.#link?.far.isLost) void this.#joinAgain();
    return joined;
  }

  end(): Promise<void> {
    this.#finish();
    return this.#own.unbridge();
  }

  async #join(): Promise<boolean> {
    const { clock, patienceMs } = this.#pool;
    const deadline = clock.monotonic() + patienceMs;
    let hasLost = false;
    while (!this.#over.signal.aborted) {
      hasLost ||= this.#isLost;
      await this.#own.settled();
      if (this.#own.gone) return false;
      try {
        if (await this.#joinNow()) return true;
      } catch (error) {
        if (!this.#isLost) throw error;
      }
      hasLost ||= this.#isLost;
      const place = await this.#other.locate();
      if (!place) return false;
      const hasMoved = place.endpointUuid !== this.#place.endpointUuid;
      this.#place = place;
      // Nothing was lost: the other one is simply not to be had.
      if (!hasMoved && (!hasLost || clock.monotonic() >= deadline)) return false;
      if (!hasMoved) await pause(clock, LOOK_MS, this.#over.signal);
    }
    return false;
  }

  /** A media server is lost that one of the two, or what lies between them, is on. */
  get #isLost(): boolean {
    return this.#own.isLost || this.#own.isParted || this.#link?.far.isLost === true
      || this.#pool.server(this.#place.mediaServer)?.up === false;
  }

  async #joinNow(): Promise<boolean> {
    const { endpointUuid, mediaServer } = this.#place;
    // The far end of a link is on the media server of the other leg: both have to begin anew.
    if (this.#link?.far.isLost || this.#link?.far.gone) await this.#undo();
    if (this.#link) return this.#joinByLink(this.#link);
    // Found where it was, with its partner.
    if (this.#own.isBridged && !this.#own.isParted) return true;
    if (this.#own.serverName === mediaServer) return (await this.#own.bridgeWith(endpointUuid, BRIDGE_TIMEOUT_MS)) === 'bridged';
    if (this.#pool.server(mediaServer)?.up !== true) return false;
    const link = await createLink(this.#pool, () => this.#ownServer(), () => Promise.resolve(mediaServer));
    this.#link = link;
    if (this.#over.signal.aborted) await this.#dissolve();
    link.far.on('unbridged', () => void this.#dissolve());
    link.far.on('gone', () => void this.#dissolve());
    link.far.on('lost', () => void this.#joinAgain());
    return this.#joinByLink(link);
  }

  /** Our own half first: the other leg's gateway takes the bridge of its channel for the meeting, which must not fail then. */
  async #joinByLink({ near, far }: Link): Promise<boolean> {
    await near.settled();
    const isNearJoined = this.#own.isBridged && !this.#own.isParted;
    if (isNearJoined || (await this.#own.bridgeWith(near.uuid, BRIDGE_TIMEOUT_MS)) === 'bridged') {
      if (far.isBridged || (await far.bridgeWith(this.#place.endpointUuid, BRIDGE_TIMEOUT_MS)) === 'bridged') return far.isBridged;
    }
    // While ours is lost again the other leg may keep its half.
    if (!this.#own.isLost) await this.#undo();
    return false;
  }

  /** Nobody stays half joined. */
  async #undo(): Promise<void> {
    await this.#own.unbridge();
    await this.#dissolve();
  }

  async #ownServer(): Promise<string | undefined> {
    await this.#own.settled();
    return this.#own.gone ? undefined : this.#own.serverName;
  }

  async #joinAgain(): Promise<void> {
    if (this.#isJoining || this.#over.signal.aborted) return;
    const joined = await this.join().catch(() => false);
    if (!joined) await this.#own.unbridge();
  }

  /** The other leg has left; or its gateway has moved it, having lost a media server that we have not. */
  async #onParted(): Promise<void> {
    if (this.#isJoining || this.#over.signal.aborted) return;
    const known = this.#place.endpointUuid;
    const place = await this.#other.locate().catch(() => undefined);
    if (place && place.endpointUuid !== known) await this.#joinAgain();
    else this.#finish();
  }

  async #dissolve(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await Promise.all([link?.near.release(), link?.far.release()]);
  }

  #finish(): void {
    for (const off of this.#off.splice(0)) off();
    this.#over.abort();
    this.#ended.resolve();
    void this.#dissolve();
  }
}
