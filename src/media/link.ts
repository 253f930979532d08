import type { MediaEndpoint } from './media-endpoint';
import type { MediaPool } from './media-pool';

/**
 * What the first end of a link is offered before its far end exists: both laws and digits at the discard port, with
 * nothing to be sent there yet (RFC 3264 section 5.1).
 */
const PLACEHOLDER_SDP = [
  'v=0',
  'o=holdfast 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

/** Two endpoints whose media face each other: what one hears, the other plays. */
export interface Link {
  readonly near: MediaEndpoint;
  readonly far: MediaEndpoint;
}

/** Joins two places by RTP: two media servers, or two calls that meet inside the gateway. */
export async function createLink(pool: MediaPool, nearServer?: string, farServer?: string): Promise<Link> {
  const near = await pool.createEndpoint(PLACEHOLDER_SDP, nearServer);
  try {
    const far = await pool.createEndpoint(near.localSdp, farServer);
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
