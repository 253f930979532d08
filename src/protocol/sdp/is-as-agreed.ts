import { type AudioDescription, parseAudioSdp } from './audio-description';

/**
 * Whether the far end's answer changes nothing for a channel that was made for `remoteSdp` and describes itself as `localSdp`:
 * media go to the same place, flow the same way, in the same codec.
 */
export function isAsAgreed(answer: string, remoteSdp: string, localSdp: string): boolean {
  const [told, known, ours] = [answer, remoteSdp, localSdp].map(audioOf);
  return told !== undefined && known !== undefined && place(told) === place(known) && told.codecs[0]?.name === ours?.codecs[0]?.name;
}

const audioOf = (sdp: string): AudioDescription | undefined => {
  const parsed = parseAudioSdp(sdp);
  return parsed.outcome === 'audio' ? parsed.audio : undefined;
};

const place = ({ address, port, rtcpPort, direction, telephoneEvent }: AudioDescription): string =>
  [address, port, rtcpPort, direction, telephoneEvent?.payloadType].join(' ');
