import type { AlertCode, Clock } from '../lib';
import type { Call, KeptDocuments, Whereabouts } from '../calls';
import type { EventBus } from '../events';
import type { KeptRecording, MediaEndpoint, MediaPool, RecordingFacts, RecordingPlace } from '../media';
import type { QueueEngine } from '../queueing';
import type { Account, OutboundTarget } from './account';
import type { RunawayGuard } from './runaway-guard';
import type { AccountLimits, LimitNotice } from '../tenancy';
import type { CompiledDocuments } from '../twiml';
import type { FailureEvidence, WebhookClient } from '../webhooks';

/** Speech as a file the media servers can read. */
export interface SpeechSource {
  fileFor(request: { text: string; voice: string; language: string }): Promise<{
    path: string;
    durationMs: number;
    fellBack: boolean;
  }>;
}

export type AudioOutcome =
  | { readonly outcome: 'file'; readonly path: string; readonly durationMs?: number }
  | { readonly outcome: 'failed'; readonly code: AlertCode; readonly message: string };

/** Turns fetched audio into a file that the media servers can read. */
export interface AudioSource {
  keep(request: { accountSid: string; body: Buffer; contentType: string }): Promise<AudioOutcome>;
}

/** Where recordings are kept. */
export interface RecordingSink {
  newPlace(accountSid: string): Promise<RecordingPlace>;
  keep(place: RecordingPlace, facts: RecordingFacts, trim: boolean): Promise<KeptRecording>;
}

/** `isLost`: it had been rung by another gateway, and it is not known whether anybody would answer. */
export type PlacedLegOutcome =
  | { readonly outcome: 'answered'; readonly endpoint: MediaEndpoint; readonly headers: Readonly<Record<string, string>> }
  | { readonly outcome: 'failed'; readonly sipStatus: number; readonly reason: string; readonly headers: Readonly<Record<string, string>>; readonly isLost?: true };

/** A leg on its way; ending `call` cancels it. */
export interface PlacedLeg {
  readonly call: Call;
  readonly final: Promise<PlacedLegOutcome>;
  /** Resolves when its far end can be heard before it answers (RFC 3960: a 18x with media); never when it cannot. */
  readonly early?: Promise<MediaEndpoint>;
  /** Another gateway had placed it, at the call's `createdAt`. */
  readonly isResumed?: true;
}

/** Places outbound legs, and goes on with those of other gateways. */
export interface Dialer {
  /** Undefined when there is no way to the target: no own number, no outbound trunk, numbers that lead in a circle. */
  place(request: {
    readonly parent: Call;
    readonly account: Account;
    readonly target: OutboundTarget;
    readonly callerId: string;
    /** Why it is called, for the callee's carrier or phone. */
    readonly callReason?: string | undefined;
    readonly timeoutMs: number;
    /** Where the parent's media is, so that the two can be joined directly. */
    readonly mediaServer?: string;
  }): Promise<PlacedLeg | undefined>;
  /** Goes on with a leg that another gateway was ringing; undefined when that cannot be, or when somebody does already. */
  resumed(leg: Call): PlacedLeg | undefined;
}

/** With the request and the answer it is about, where there were any. */
export interface Alert extends Partial<FailureEvidence> {
  readonly code: AlertCode;
  readonly message: string;
  readonly url?: string;
}

/** All that the interpreter needs from the rest of the gateway. */
export interface InterpreterPorts {
  readonly clock: Clock;
  readonly gatewayId: string;
  readonly events: EventBus;
  readonly queues: QueueEngine;
  readonly pool: MediaPool;
  /** Where the media of calls are, also of other gateways'. */
  readonly whereabouts: Pick<Whereabouts, 'of'>;
  readonly webhooks: WebhookClient;
  readonly documents: CompiledDocuments;
  /** Resolves when another gateway would know what this one knows of the call; never rejects. */
  readonly recorded: (call: Call) => Promise<void>;
  readonly keptDocuments: Pick<KeptDocuments, 'keep' | 'read'>;
  readonly speech: SpeechSource;
  readonly audio: AudioSource;
  readonly recordings: RecordingSink;
  readonly dialer: Dialer;
  /** How much an account may take, now. */
  readonly limits: { of: (accountSid: string) => Promise<AccountLimits> };
  readonly runaways: RunawayGuard;
  /** Counts that the call's account came to a limit, and tells it, once a minute. */
  readonly limitReached: (call: Call, notice: Pick<LimitNotice, 'limit' | 'message' | 'url'>) => void;
  /** Size of a queue that its first caller creates without saying one. */
  readonly defaultQueueSize: number;
  /** `local_stream://NAME` of the default hold music, then what is heard when the media server cannot play it. */
  readonly holdMusic: readonly [string, ...string[]];
  /** Tells the account of an error or warning. */
  readonly alert: (call: Call, alert: Alert) => void;
  /** Tells the operator of a failure nobody else is told of. */
  readonly report: (call: Call, message: string) => void;
}
