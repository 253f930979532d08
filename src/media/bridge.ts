import { deferred } from '../lib';
import { createLink } from './link';
import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool } from './media-pool';

/** The other side of a bridge, which another gateway may own. */
export interface RemoteLeg {
  readonly endpointUuid: string;
  readonly mediaServer: string;
}

export interface Bridge {
  /** Settles when the two no longer hear each other, whoever caused it. */
  readonly ended: Promise<void>;
  /** Ends the bridge; both legs stay up. */
  end(): Promise<void>;
}

/** uuid_bridge took 72-81 ms on FreeSWITCH (contracts/freeswitch section 10). */
const BRIDGE_TIMEOUT_MS = 3_000;

/**
 * Lets two legs hear each other: within one media server by `uuid_bridge`, across two through a link of two more
 * channels. Returns undefined when the other leg is gone or cannot be joined; rejects when a media server fails.
 */
export async function bridgeLegs(pool: MediaPool, own: MediaEndpoint, other: RemoteLeg): Promise<Bridge | undefined> {
  if (own.serverName === other.mediaServer) return joinLocally(own, other.endpointUuid);
  if (!pool.server(other.mediaServer)) return undefined;
  const link = await createLink(pool, own.serverName, other.mediaServer);
  const dissolve = async (): Promise<void> => {
    await Promise.all([link.near.release(), link.far.release()]);
  };
  try {
    // Our own half first: the other leg's gateway takes the bridge of its channel for the meeting, which must not fail then.
    const near = await joinLocally(own, link.near.uuid);
    const farJoined = near && (await link.far.bridgeWith(other.endpointUuid, BRIDGE_TIMEOUT_MS));
    if (!near || farJoined !== 'bridged' || !link.far.isBridged) {
      await near?.end();
      await dissolve();
      return undefined;
    }
    link.far.once('unbridged', () => void dissolve());
    link.far.once('gone', () => void dissolve());
    void near.ended.then(dissolve);
    return near;
  } catch (error) {
    await dissolve();
    throw error;
  }
}

async function joinLocally(own: MediaEndpoint, otherUuid: string): Promise<Bridge | undefined> {
  if ((await own.bridgeWith(otherUuid, BRIDGE_TIMEOUT_MS)) !== 'bridged') return undefined;
  const ended = deferred<void>();
  const off = [own.on('gone', () => ended.resolve()), own.on('unbridged', () => ended.resolve())];
  void ended.promise.then(() => {
    for (const stop of off) stop();
  });
  // It may have been over before we could listen.
  if (!own.isBridged) ended.resolve();
  return { ended: ended.promise, end: () => own.unbridge() };
}
