import { deferred, messageOf, pause } from '../lib';
import { createLink, keepFacing, type LinkPlace } from './link';
import { type Link, linkOf, unlink, useLink } from './linked';
import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool } from './media-pool';

/** Where the media of a leg are. */
export interface LegPlace {
  readonly endpointUuid: string;
  readonly mediaServer: string;
}

/** The other side of a bridge, which another gateway may own: where it was last known to be, and where it is. */
export interface RemoteLeg extends LegPlace {
  /** Resolves when what it plays on another channel has begun there; of a leg that another gateway owns nobody here knows. */
  replayed?(): Promise<void>;
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
/** Between looks for a leg that is being moved, by this gateway or by another one, and for a place for a link. */
const LOOK_MS = 100;
/** A media server that has no channel for a link now may have one soon: its limit of sessions a second is one of every second. */
const PLACE_MS = 2_000;

/** The other leg, when it is one of this gateway. */
export function legOf(endpoint: MediaEndpoint): RemoteLeg {
  const place = (): LegPlace => ({ endpointUuid: endpoint.uuid, mediaServer: endpoint.serverName });
  return { ...place(), replayed: () => endpoint.replayed(), locate: () => Promise.resolve(endpoint.gone ? undefined : place()) };
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
  bridge.resume();
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

async function joined(half: MediaEndpoint, otherUuid: string): Promise<boolean> {
  if (half.isBridged && !half.isParted) return true;
  return (await half.bridgeWith(otherUuid, BRIDGE_TIMEOUT_MS)) === 'bridged';
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
    else if (this.#own.isParted || linkOf(this.#own)?.far.isLost) void this.#joinAgain();
    return joined;
  }

  /** The two are joined already. */
  resume(): void {
    const link = linkOf(this.#own);
    if (link) {
      keepFacing(this.#pool, [link.near, this.#nearPlace], [link.far, this.#farPlace]);
      this.#follow(link);
    }
    if (!this.#own.isBridged) this.#finish();
    else if (link?.far.isLost) void this.#joinAgain();
  }

  end(): Promise<void> {
    this.#finish();
    return this.#own.unbridge();
  }

  async #join(): Promise<boolean> {
    const { clock, patienceMs } = this.#pool;
    const beganAt = clock.monotonic();
    let hasLost = false;
    while (!this.#over.signal.aborted) {
      hasLost ||= this.#isLost;
      await Promise.all([this.#own.settled(), this.#other.replayed?.()]);
      if (this.#own.gone) return false;
      let refusal: Error | undefined;
      try {
        if (await this.#joinNow()) return true;
      } catch (error) {
        refusal = error instanceof Error ? error : new Error(messageOf(error));
      }
      hasLost ||= this.#isLost;
      const place = await this.#other.locate();
      if (!place) return false;
      const hasMoved = place.endpointUuid !== this.#place.endpointUuid;
      this.#place = place;
      if (hasMoved) continue;
      // Nothing was lost and nothing was full: the other one is simply not to be had.
      const patience = hasLost ? patienceMs : refusal ? PLACE_MS : 0;
      if (clock.monotonic() >= beganAt + patience) {
        if (refusal && !hasLost) throw refusal;
        return false;
      }
      await pause(clock, LOOK_MS, this.#over.signal);
    }
    return false;
  }

  /** A media server is lost that one of the two, or what lies between them, is on. */
  get #isLost(): boolean {
    return this.#own.isLost || this.#own.isParted || linkOf(this.#own)?.far.isLost === true
      || this.#pool.server(this.#place.mediaServer)?.up === false;
  }

  async #joinNow(): Promise<boolean> {
    const { endpointUuid, mediaServer } = this.#place;
    const known = linkOf(this.#own);
    // The far end of a link is on the media server of the other leg: both have to begin anew.
    if (known?.far.isLost || known?.far.gone) await this.#undo();
    else if (known) return this.#joinByLink(known);
    // Found where it was, with its partner.
    if (this.#own.isBridged && !this.#own.isParted) return true;
    if (this.#own.serverName === mediaServer) return joined(this.#own, endpointUuid);
    if (this.#pool.server(mediaServer)?.up !== true) return false;
    const link = await createLink(this.#pool, this.#nearPlace, this.#farPlace);
    useLink(this.#own, link);
    this.#follow(link);
    if (this.#over.signal.aborted) await unlink(this.#own);
    return this.#joinByLink(link);
  }

  #follow({ far }: Link): void {
    far.on('lost', () => void this.#joinAgain());
  }

  /** Both halves at once: FreeSWITCH sends nothing for 70 to 80 ms while it bridges, which would be heard twice. */
  async #joinByLink({ near, far }: Link): Promise<boolean> {
    await near.settled();
    const [isNearJoined, isFarJoined] = await Promise.all([joined(this.#own, near.uuid), joined(far, this.#place.endpointUuid)]);
    if (isNearJoined && isFarJoined) return far.isBridged;
    // While ours is lost again the other leg may keep its half.
    if (!this.#own.isLost) await this.#undo();
    return false;
  }

  /** Nobody stays half joined. */
  async #undo(): Promise<void> {
    await this.#own.unbridge();
    await unlink(this.#own);
  }

  readonly #nearPlace: LinkPlace = async () => {
    await this.#own.settled();
    return { only: this.#own.serverName };
  };

  readonly #farPlace: LinkPlace = () => Promise.resolve({ only: this.#place.mediaServer });

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

  #finish(): void {
    if (this.#over.signal.aborted) return;
    for (const off of this.#off.splice(0)) off();
    this.#over.abort();
    this.#ended.resolve();
    void unlink(this.#own);
  }
}
