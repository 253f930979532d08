import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool } from './media-pool';
import { TEMPLATE_SDP } from './template-sdp';

/** Two endpoints whose media face each other: what one hears, the other plays. */
export interface Link {
  readonly near: MediaEndpoint;
  readonly far: MediaEndpoint;
}

/** Joins two places by RTP: two media servers, or two calls that meet inside the gateway. */
export async function createLink(pool: MediaPool, nearServer?: string, farServer?: string): Promise<Link> {
  // Its ends face each other: they are as silent as the people behind them, who are watched where they are.
  const near = await pool.createEndpoint(TEMPLATE_SDP, nearServer, false);
  try {
    const far = await pool.createEndpoint(near.localSdp, farServer, false);
    try {
      await near.remodel(far.localSdp);
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
