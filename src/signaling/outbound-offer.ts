import { GatewayError } from '../lib';
import { offerAudio, parseAudioSdp } from '../protocol/sdp';

/**
 * The offer for somebody we call: the address and port of our endpoint with every codec the media server can do. The
 * endpoint itself is renegotiated with the answer, so the far end chooses the law.
 */
export function outboundOffer(endpointSdp: string): string {
  const parsed = parseAudioSdp(endpointSdp);
  if (parsed.outcome !== 'audio') {
    throw new GatewayError('signaling-media-sdp', 'the media server described no audio', { sipStatus: 503 });
  }
  const { address, port, origin } = parsed.audio;
  return offerAudio({ address, port, origin, codecs: ['PCMU', 'PCMA'] });
}
