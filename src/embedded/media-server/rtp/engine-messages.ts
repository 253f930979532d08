import type { AudioCodec } from '../../../protocol/sdp';
import type { FarReports } from './rtcp-reporter';

/** What one channel sends and receives. */
export interface StreamPlan {
  readonly codec: AudioCodec;
  readonly payloadType: number;
  /** Payload type of telephone-event, or undefined when the far end has none. */
  readonly telephoneEvent?: number | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Where its RTCP goes; default the next port. */
  readonly remoteRtcpPort?: number | undefined;
  readonly sending: boolean;
  readonly receiving: boolean;
}

/** Audio encoded once in every codec; shared memory, so handing it to a worker copies nothing. One byte is 1/8 ms. */
export interface Clip {
  readonly pcmu: Uint8Array;
  readonly pcma: Uint8Array;
  /** Of shared streams; other clips are encoded where they are played, because few channels have this codec. */
  readonly g722?: Uint8Array;
}

/** A stretch of what a channel plays. */
export type Segment =
  | {
      readonly kind: 'clip';
      readonly clip: Clip;
      /** First sample to play. */
      readonly start: number;
      /** How often; -1 is without end. */
      readonly loops: number;
    }
  /** Infinity is without end. */
  | { readonly kind: 'silence'; readonly samples: number }
  /** The shared stream of this name, at the place where it is now. */
  | { readonly kind: 'radio'; readonly name: string };

export interface RecordPlan {
  readonly path: string;
  /** `read`: what comes from the far end; `write`: what it hears; `both`: the two mixed into one channel. */
  readonly what: 'read' | 'write' | 'both';
  /** Two channels instead of a mix: left what comes from the far end, right what it hears. */
  readonly stereo?: boolean;
  /** 0 is without limit. */
  readonly limitMs: number;
  /** End after this many quiet packets (mean absolute sample under `silenceThreshold`); 0 never. */
  readonly silenceHits: number;
  readonly silenceThreshold: number;
}

export type RecordEnd = 'stopped' | 'limit' | 'silence' | 'failed';

export type EngineCommand =
  | {
      readonly type: 'open'; readonly id: string; readonly address: string; readonly port: number;
      /** 0 sends no RTCP. */
      readonly rtcpIntervalMs: number;
    }
  | { readonly type: 'configure'; readonly id: string; readonly plan: StreamPlan }
  | { readonly type: 'close'; readonly id: string }
  | {
      readonly type: 'play'; readonly id: string; readonly playId: string; readonly segments: readonly Segment[];
      readonly loops: number; readonly level: number;
    }
  | { readonly type: 'stop-play'; readonly id: string; readonly playId: string }
  /** The channel sends what `partner` receives; a partner in another worker is heard through `relayed`. */
  | { readonly type: 'bridge'; readonly id: string; readonly partner: string }
  | { readonly type: 'unbridge'; readonly id: string }
  /** A frame of a bridge partner in another worker. */
  | { readonly type: 'relayed'; readonly id: string; readonly codec: AudioCodec; readonly bytes: Uint8Array }
  | { readonly type: 'record'; readonly id: string; readonly recordId: string; readonly plan: RecordPlan }
  | { readonly type: 'stop-record'; readonly id: string; readonly recordId: string }
  /** `w` as the digit is a pause of `durationMs`. */
  | { readonly type: 'press'; readonly id: string; readonly digit: string; readonly durationMs: number }
  | { readonly type: 'mute'; readonly id: string; readonly side: 'read' | 'write'; readonly muted: boolean }
  | { readonly type: 'media-timeout'; readonly id: string; readonly timeoutMs: number }
  | { readonly type: 'radio'; readonly name: string; readonly clips: readonly Clip[] }
  | { readonly type: 'measure'; readonly id: string; readonly requestId: string }
  | { readonly type: 'stop' };

/** Counters of one stream since it was opened, plus the lateness of its worker's wheel. */
export interface StreamCounters {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Packets that should have come by their sequence numbers and did not. */
  readonly packetsMissing: number;
  /** Packets that came after their time, of those that were listened to. */
  readonly packetsLate: number;
  readonly jitterMs: number;
  readonly far: FarReports;
  /** Datagrams that the operating system refused to send. */
  readonly sendErrors: number;
  readonly worstLatenessMs: number;
}

export type EngineReport =
  | { readonly type: 'opened'; readonly id: string }
  | { readonly type: 'open-failed'; readonly id: string; readonly code: string; readonly message: string }
  | {
      readonly type: 'played'; readonly id: string; readonly playId: string; readonly samples: number;
      readonly stopped: boolean;
    }
  | { readonly type: 'digit'; readonly id: string; readonly digit: string; readonly duration: number }
  | { readonly type: 'relay'; readonly id: string; readonly codec: AudioCodec; readonly bytes: Uint8Array }
  | {
      readonly type: 'recorded'; readonly id: string; readonly recordId: string; readonly samples: number;
      readonly end: RecordEnd; readonly message?: string;
    }
  | { readonly type: 'timed-out'; readonly id: string }
  | { readonly type: 'measured'; readonly requestId: string; readonly counters: StreamCounters }
  | { readonly type: 'stopped' };
