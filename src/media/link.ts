import { Turnstile } from '../lib';
import type { Link } from './linked';
import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool, ServerWish } from './media-pool';
import { TEMPLATE_SDP } from './template-sdp';

/** Where an end of a link belongs. */
export type LinkPlace = () => Promise<ServerWish>;

/**
 * Joins two places by RTP: two media servers, or two calls that meet inside the gateway. An end whose media server is lost goes
 * where it belongs by then, and the two are turned towards each other again.
 */
export async function createLink(pool: MediaPool, nearPlace: LinkPlace = anywhere, farPlace: LinkPlace = anywhere): Promise<Link> {
  const near = await pool.createLinkEnd(TEMPLATE_SDP, await nearPlace());
  try {
    const far = await pool.createLinkEnd(near.localSdp, await farPlace());
    try {
      await near.remodel(far.localSdp);
      keepFacing(pool, [near, nearPlace], [far, farPlace]);
      return { near, far };
    } catch (error) {
      await far.release();
      throw error;
    }
  } catch (error) {
    await near.release();
    throw error;
  }
}

const anywhere: LinkPlace = () => Promise.resolve({});

type End = readonly [endpoint: MediaEndpoint, place: LinkPlace];

/** Takes an end whose media server is lost where it belongs by then, and turns the two towards each other again. */
export function keepFacing(pool: MediaPool, first: End, second: End): void {
  const [near, far] = [first[0], second[0]];
  /** What each was told last of the other one. */
  const faced = new Map([[near, far.localSdp], [far, near.localSdp]]);
  const turns = new Turnstile(1);
  const turnTo = async (end: MediaEndpoint, { localSdp }: MediaEndpoint): Promise<void> => {
    if (faced.get(end) === localSdp || near.isLost || far.isLost || near.gone || far.gone) return;
    await end.remodel(localSdp);
    faced.set(end, localSdp);
  };
  const face = async (): Promise<void> => {
    try {
      await turnTo(near, far);
      await turnTo(far, near);
    } catch {
      // Lost again: it is done when they are back. Refused: there is no link between the two.
      if (!near.isLost && !far.isLost) await Promise.all([near.release(), far.release()]);
    }
  };
  const rehome = (end: MediaEndpoint, other: MediaEndpoint, wish: LinkPlace): Promise<void> => pool.rehome(end, {
    isWatched: false,
    wish,
    sdp: other.localSdp,
    follow: (channel) => {
      if (other.gone) return Promise.resolve('gone');
      faced.set(end, channel.remoteSdp);
      return Promise.resolve('followed');
    },
  });
  for (const [[end, place], other] of [[first, far], [second, near]] as const) {
    end.on('lost', () => void rehome(end, other, place));
    end.on('back', () => void turns.run(face));
    if (end.isLost) void rehome(end, other, place);
  }
}
