/** What is known of this gateway and its media servers without asking anybody. */
export interface GatewayLoad {
  /** False while it drains. */
  readonly accepting: boolean;
  readonly calls: number;
  readonly callsPerGateway: number;
  /** It has taken and placed all the calls of this second. */
  readonly isPaceSpent: boolean;
  readonly lateMs: number;
  /** 0: never too late. */
  readonly eventLoopLateMs: number;
  /** Files and connections that the process may still open. */
  readonly freeFiles: number;
  readonly isMediaUp: boolean;
  /** Channels that the media servers that are up can still have. */
  readonly mediaRoom: number;
  /** Calls that were taken and have no channel yet. */
  readonly callsWithoutMedia: number;
}

export interface AdmissionRule {
  /** What has no room. */
  readonly of: 'gateway' | 'media servers' | 'account' | 'trunk';
  /** After how many seconds there may be room again: an answer for carriers, nobody knows the true one (RFC 3261 section 20.33). */
  readonly retryAfterSeconds: number;
  /** For operators and accounts. */
  readonly means: string;
  /** Where this is known here; else it is counted on all gateways, by Redis. */
  readonly isFull?: (load: GatewayLoad) => boolean;
}

/** Files kept for the calls that are there: their requests to applications, and channels on another media server when theirs is lost. */
const FILES_KEPT = 64;

/**
 * Every reason to refuse a call, an INVITE or a leg of Dial, before anything is taken for it. In this order: what this process
 * knows by itself comes before any look-up, what has to be counted by Redis last, and of that only what was not full a moment ago.
 */
export const ADMISSION_TABLE = {
  stopping: {
    of: 'gateway', retryAfterSeconds: 5, means: 'the gateway is told to stop', isFull: ({ accepting }) => !accepting,
  },
  'over-capacity': {
    of: 'gateway', retryAfterSeconds: 5, means: 'the gateway has all of its calls (`limits.callsPerGateway`)',
    isFull: ({ calls, callsPerGateway }) => calls >= callsPerGateway,
  },
  'gateway-rate': {
    of: 'gateway', retryAfterSeconds: 1, means: 'the gateway has had the calls of this second (`limits.callsPerSecond`)',
    isFull: ({ isPaceSpent }) => isPaceSpent,
  },
  'gateway-late': {
    of: 'gateway', retryAfterSeconds: 2, means: 'the gateway does not keep up with what it has (`limits.eventLoopLateMs`)',
    isFull: ({ lateMs, eventLoopLateMs }) => eventLoopLateMs > 0 && lateMs >= eventLoopLateMs,
  },
  'gateway-files': {
    of: 'gateway', retryAfterSeconds: 5, means: `the gateway's process may open hardly any more files and connections (\`ulimit -n\`)`,
    isFull: ({ freeFiles }) => freeFiles < FILES_KEPT,
  },
  'media-down': {
    of: 'media servers', retryAfterSeconds: 5, means: 'no media server is up', isFull: ({ isMediaUp }) => !isMediaUp,
  },
  'media-full': {
    of: 'media servers', retryAfterSeconds: 5, means: 'no media server has a channel or an RTP port left',
    isFull: ({ mediaRoom, callsWithoutMedia }) => mediaRoom <= callsWithoutMedia,
  },
  'account-limit': { of: 'account', retryAfterSeconds: 5, means: 'the account has all of its calls (`concurrentCalls`)' },
  'account-rate': {
    of: 'account', retryAfterSeconds: 1, means: 'the account has had its calls of this second (`inboundCallsPerSecond`, `outboundCallsPerSecond`)',
  },
  'trunk-full': { of: 'trunk', retryAfterSeconds: 5, means: 'the trunk has all of its calls (`tenancy.trunks[].maxChannels`)' },
} as const satisfies Readonly<Record<string, AdmissionRule>>;

export type AdmissionReason = keyof typeof ADMISSION_TABLE;

export const ADMISSION_REASONS = Object.keys(ADMISSION_TABLE) as readonly AdmissionReason[];

export const isAdmissionReason = (reason: string): reason is AdmissionReason => reason in ADMISSION_TABLE;

/** The first reason not to take one more call that this gateway knows by itself. */
export function refusalOf(load: GatewayLoad): AdmissionReason | undefined {
  return ADMISSION_REASONS.find((reason) => (ADMISSION_TABLE[reason] as AdmissionRule).isFull?.(load));
}
