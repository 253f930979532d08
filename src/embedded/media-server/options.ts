import type { Clock } from '../../lib';
import type { AudioCodec } from '../../protocol/sdp';

/** All we have, in the order of the default. */
export const AUDIO_CODECS: readonly AudioCodec[] = ['PCMU', 'PCMA', 'G722'];

export interface MediaServerOptions {
  /** Address of RTP; default 127.0.0.1. */
  readonly host?: string;
  /**
   * Address of SIP and the event socket, for the SIP server and the gateway only; default 127.0.0.1. Whoever reaches
   * them can make this machine connect to anywhere (`X-esl-outbound`), so never an address of the outside.
   */
  readonly controlHost?: string;
  /** 0 takes any; default 0. */
  readonly sipPort?: number;
  readonly eslPort?: number;
  readonly secret: string;
  /** Inclusive range of UDP ports for RTP, the even ones are used; default 20000-24000. */
  readonly rtpPortMin?: number;
  readonly rtpPortMax?: number;
  /** Address written into SDP when it differs from `host`. */
  readonly externalAddress?: string;
  /** Shared streams: name to directory of WAV files. */
  readonly localStreams?: Readonly<Record<string, string>>;
  /** RTP threads, about 300 channels each; default 1. */
  readonly workers?: number;
  /** Default 300 a worker. */
  readonly maxSessions?: number;
  /** Default 80, as the production profile. */
  readonly sessionsPerSecond?: number;
  /** Default 2 s, as the production profile. */
  readonly heartbeatMs?: number;
  /** In the order in which they are wanted; default PCMU, PCMA, G722: G.722 only for who has no G.711. */
  readonly codecs?: readonly AudioCodec[];
  /**
   * A channel without packets for so long is hung up with MEDIA_TIMEOUT, ten times as long while it is on hold; a
   * channel's own `media_timeout` goes before. Default 0: never, as FreeSWITCH.
   */
  readonly mediaTimeoutMs?: number;
  /** Between RTCP reports, on average; 0 sends none. Default 5 s (RFC 3550 section 6.2). */
  readonly rtcpIntervalMs?: number;
  readonly clock?: Clock;
  /** Operator's log, one line each; default: nothing. */
  readonly log?: (line: string) => void;
  /** A media thread died: the process should end and be started anew. Default throws. */
  readonly onFailure?: (error: Error) => void;
}
