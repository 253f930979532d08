import { parseAudioSdp } from '../protocol/sdp';

/** A day: FreeSWITCH has no other way to take a media timeout back once it runs (switch_core_media.c of 1.11.1). */
export const NEVER_MS = 86_400_000;
/** RFC 3389: who offers comfort noise may be silent between two of its packets for as long as the noise stays the same. */
const COMFORT_NOISE_FACTOR = 10;
const COMFORT_NOISE = '13';
/** The discard port: nobody is there yet. */
const DISCARD_PORT = 9;

/**
 * How long a far end that described its media so may send nothing before it is taken for gone: `timeoutMs` while media
 * flow both ways, never while the call is on hold by either side (sendonly, recvonly, inactive, `c=0.0.0.0`).
 */
export function mediaTimeoutFor(remoteSdp: string, timeoutMs: number): number {
  const parsed = parseAudioSdp(remoteSdp);
  if (parsed.outcome !== 'audio') return NEVER_MS;
  const { direction, port, mediaLines, mediaIndex } = parsed.audio;
  if (direction !== 'sendrecv' || port === DISCARD_PORT) return NEVER_MS;
  const payloads = mediaLines[mediaIndex]?.payloads.split(/\s+/) ?? [];
  return Math.min(NEVER_MS, payloads.includes(COMFORT_NOISE) ? timeoutMs * COMFORT_NOISE_FACTOR : timeoutMs);
}
