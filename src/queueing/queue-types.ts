import type { Clock, GatewayError } from '../lib';
import type { RedisConnection } from '../platform/redis';

/** How a stay in a queue ended (contracts/twilio 6.3). `queue-full` is a JoinOutcome, never an entry's result. */
export type QueueResult =
  | 'bridged'
  | 'redirected'
  | 'redirected-from-bridged'
  | 'leave'
  | 'hangup'
  | 'error'
  | 'queue-full'
  | 'system-error';

export type EntryState = 'waiting' | 'claimed' | 'bridging' | 'bridged' | 'ended';

/** Why somebody ends an entry; `bridge-ended` covers every end of a bridge except a redirect. */
export type EndCause = 'leave' | 'hangup' | 'redirect' | 'error' | 'system-error' | 'bridge-ended';

/** What the other side needs to bridge. */
export interface LegFacts {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly endpointUuid: string;
  readonly mediaServer: string;
}

/** What an account may have in queues; nothing else bounds them by default but the size of each queue. */
export interface QueueLimits {
  readonly queues: number;
  readonly membersPerQueue: number;
  readonly membersPerAccount: number;
}

export interface JoinRequest {
  readonly accountSid: string;
  readonly queueName: string;
  readonly leg: LegFacts;
  /** The gateway incarnation that owns the call; must be the engine's own. */
  readonly gatewayId: string;
  readonly epoch: number;
  /** 0-999, higher first; default 0. */
  readonly priority?: number;
  /** Size of the queue if this call creates it (1-5000); an existing queue keeps its own. */
  readonly maxSize?: number;
  readonly limits?: QueueLimits;
  /** An attempt before this one had no answer: he may be in the queue by it, and stays there. */
  readonly isRepeated?: boolean;
}

export interface EntryRef {
  readonly accountSid: string;
  readonly queueSid: string;
  readonly entryId: string;
  readonly callSid: string;
}

export interface Whisper {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

export interface ClaimView {
  /** Fencing token: beginBridge and markBridged are refused with any other. */
  readonly token: string;
  readonly agent: LegFacts;
  /** The agent's gateway. */
  readonly gatewayId: string;
  readonly whisper?: Whisper;
}

export type JoinOutcome =
  | {
      readonly outcome: 'joined';
      readonly entry: EntryRef;
      readonly position: number;
      readonly size: number;
      readonly maxSize: number;
      /** Set when an agent was waiting and took this caller in the same script. */
      readonly claimed?: ClaimView;
    }
  | {
      readonly outcome: 'full';
      /** All queues of the account together, or this one. */
      readonly of: 'account' | 'queue';
      readonly queueSid: string;
      readonly size: number;
      readonly maxSize: number;
    }
  | { readonly outcome: 'too-many-queues'; readonly queues: number; readonly maxQueues: number }
  | { readonly outcome: 'already-waiting'; readonly entry: EntryRef }
  | { readonly outcome: 'invalid-name'; readonly code: 14204 | 14205 };

export interface QueueView {
  readonly queueSid: string;
  readonly queueName: string;
  /** 1 = front, counting claimed callers until they are bridged; 0 once bridged or ended. */
  readonly position: number;
  /** Members, including claimed ones until they are bridged (the same rule as for `maxSize`). */
  readonly size: number;
  readonly maxSize: number;
  /** Ms from enqueue until now, or until the bridge (or the end) if there was one. */
  readonly queueTimeMs: number;
  /** Mean age in ms of the current members (0 if there are none); O(1). */
  readonly averageQueueTimeMs: number;
  readonly state: EntryState;
  readonly claim?: ClaimView;
  readonly result?: QueueResult;
}

export interface ClaimRequest {
  readonly accountSid: string;
  readonly queueName: string;
  readonly agent: LegFacts;
  readonly gatewayId: string;
  readonly epoch: number;
  /** Which Dial of the agent's call claims: the same in each attempt of it, on any gateway. It leads to one conversation. */
  readonly dial?: string;
  readonly whisper?: Whisper;
  /** Wait for the next caller if there is none. */
  readonly wait: boolean;
  /** A given caller instead of the front; never waits. */
  readonly callSid?: string;
}

/** Which of an agent's claims. */
export interface ClaimMark {
  readonly token?: string | undefined;
  readonly dial?: string;
}

export interface Claimed {
  readonly token: string;
  readonly entry: EntryRef;
  readonly caller: LegFacts;
  readonly callerGatewayId: string;
  /** Ms the caller had waited when he was claimed. */
  readonly queueTimeMs: number;
}

/** Whom an agent met. */
export type Meeting = Pick<Claimed, 'entry' | 'caller' | 'queueTimeMs'>;

export type ClaimOutcome =
  | ({ readonly outcome: 'claimed' } & Claimed)
  | { readonly outcome: 'waiting'; readonly ticket: string; readonly queueSid: string }
  /** This Dial had claimed before, without hearing of it, and its conversation is over. */
  | { readonly outcome: 'over'; readonly met: Meeting }
  | { readonly outcome: 'empty'; readonly queueSid: string }
  | { readonly outcome: 'unknown-queue' };

export type AbandonOutcome =
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'released'; readonly entry: EntryRef }
  /** `over`: the conversation to which the claim of this Dial led. */
  | { readonly outcome: 'bridged' | 'over'; readonly met: Meeting }
  /** There is nothing to give up. */
  | { readonly outcome: 'none' }
  /** The token is not that of the agent's present claim; nothing changed. */
  | { readonly outcome: 'stale' };

/** `ended`: its result stands, `end` tells it; `unknown`: Redis has lost it; `stale`: a gateway with a higher epoch has it. */
export type AdoptOutcome =
  | { readonly outcome: 'adopted'; readonly entry: EntryChange }
  | { readonly outcome: 'ended' | 'unknown' | 'stale' };

export interface EndOutcome {
  readonly outcome: 'ended' | 'already-ended';
  readonly result: QueueResult;
  /** Ms from enqueue to the bridge, or to the end if there was no bridge. */
  readonly queueTimeMs: number;
  /** The entry's id: the idempotency token of the one action request, also when it is told without Redis. */
  readonly actionToken: string;
}

/** What the owner of an entry is told. Everything after `state` depends on it: `claim` until ended, the rest when ended. */
export interface EntryChange {
  readonly state: EntryState;
  readonly claim?: ClaimView;
  readonly result?: QueueResult;
  readonly queueTimeMs?: number;
  readonly actionToken?: string;
}

/**
 * `caller-ended`: the caller went before the bridge and the agent does not wait for another; `released`: the claim was
 * given
 * up (abandoned, too old, owner dead); `bridge-ended`: the bridged caller's entry ended; `queue-deleted`: nothing to
 * wait for.
 */
export type ClaimGoneReason = 'caller-ended' | 'released' | 'queue-deleted' | 'bridge-ended';

export type ClaimChange =
  | { readonly state: 'waiting' }
  | ({ readonly state: 'claimed' } & Claimed)
  | ({ readonly state: 'bridged' } & Claimed)
  /** `met`: of a meeting that is over, unless an older version wrote it. */
  | { readonly state: 'gone'; readonly reason: ClaimGoneReason; readonly met?: Meeting };

export interface QueueSummary {
  readonly queueSid: string;
  readonly queueName: string;
  readonly maxSize: number;
  /** Members including claimed ones until bridged. */
  readonly size: number;
  readonly waiting: number;
  readonly agentsWaiting: number;
  readonly averageQueueTimeMs: number;
  readonly createdAt: number;
}

/** Past-tense facts of the engine, emitted once by the gateway whose operation caused them (at most once: a lost reply loses them). */
export type QueueFact =
  | { readonly fact: 'queue.created' | 'queue.deleted'; readonly accountSid: string; readonly queueSid: string }
  | {
      readonly fact: 'queue-entry.joined' | 'queue-entry.released' | 'queue-entry.bridging' | 'queue-entry.bridged';
      readonly accountSid: string;
      readonly queueSid: string;
      readonly entryId: string;
      readonly callSid: string;
      readonly queueTimeMs: number;
    }
  | {
      readonly fact: 'queue-entry.claimed';
      readonly accountSid: string;
      readonly queueSid: string;
      readonly entryId: string;
      readonly callSid: string;
      readonly queueTimeMs: number;
      readonly agentCallSid: string;
    }
  | {
      readonly fact: 'queue-entry.ended';
      readonly accountSid: string;
      readonly queueSid: string;
      readonly entryId: string;
      readonly callSid: string;
      readonly queueTimeMs: number;
      readonly result: QueueResult;
    }
  | {
      readonly fact: 'queue-agent.waiting' | 'queue-agent.gone';
      readonly accountSid: string;
      readonly queueSid: string;
      readonly agentCallSid: string;
    };

export interface QueueEngineOptions {
  /** Started and stopped by its owner, around the engine. */
  readonly connection: RedisConnection;
  /** Names one incarnation: a gateway that starts again needs another id, or its dead calls would look alive. */
  readonly gatewayId: string;
  /** The SIP server that has this gateway's dialogs, '' while none has: what a dead one had is for those that reach its dialogs. Default: ''. */
  readonly sipServer?: () => string;
  /** How long after the last of a SIP server's gateways others deal with what they had, without its dialogs; default 15,000 ms. */
  readonly strandedMs?: number;
  readonly clock: Clock;
  /** Of all keys and channels; default `hf:`. */
  readonly prefix?: string;
  /** A gateway silent for this long is dead; default 6,000 ms. */
  readonly leaseMs?: number;
  /** Default 2,000 ms. */
  readonly heartbeatMs?: number;
  /** Hard cap from claim to bridge (whisper included); default 120,000 ms. */
  readonly claimCapMs?: number;
  /** How long after its lease, and after it was found, a dead gateway's callers and agents are left for others to take over; default 10,000 ms. */
  readonly graceMs?: number;
  /** A gateway's lease has ended: called at every heartbeat while it is listed as dead, before it is swept. False: it is not to be swept yet. */
  readonly onGatewayDead?: (gatewayId: string) => Promise<boolean>;
  /** How long ended entries answer `already-ended`; default 600,000 ms. */
  readonly retentionMs?: number;
  /** After Redis has lost writes: how long nobody is matched, so that all gateways can write back theirs. Default: a heartbeat and a second. */
  readonly settleMs?: number;
  /** Redis has lost writes; called before they are written back, perhaps several times. */
  readonly onLoss?: () => void;
  readonly onReasserted?: (accountSid: string, records: number) => void;
  /** Default 1,000. */
  readonly defaultMaxSize?: number;
  readonly onFact?: (fact: QueueFact) => void;
  /** Failures with no caller to tell: heartbeat, sweep, re-reads, throwing listeners. */
  readonly onFailure: (failure: GatewayError) => void;
  /** Replaces single scripts by other files (fault tests only). */
  readonly scriptFiles?: { readonly [script: string]: string };
}

/**
 * Who waits where, in which order, and who is taken next. Every method throws GatewayError when Redis does not
 * answer.
 */
export interface QueueEngine {
  start(): Promise<void>;
  /** Gives up this gateway's lease: what it still holds is swept by the others. */
  stop(): Promise<void>;
  /** Creates the queue on demand; an agent who waits takes the caller in the same script. */
  join(request: JoinRequest): Promise<JoinOutcome>;
  view(entry: EntryRef): Promise<QueueView | undefined>;
  /**
   * Front by priority and arrival; idempotent by agent call and epoch. Throws `queueing-stale-epoch`,
   * `queueing-agent-busy`.
   */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /**
   * The agent hung up or timed out: his ticket is removed, or his caller waits again at the original score. With a
   * `token` only that claim is given up: whoever read an older one cannot touch a newer. Who names his `dial` is told of
   * a conversation to which that had led.
   */
  abandonClaim(accountSid: string, agentCallSid: string, which?: ClaimMark): Promise<AbandonOutcome>;
  /** The entry's call is this gateway's from now on, with this epoch: the entry keeps its place and its claim. */
  adopt(entry: EntryRef, epoch: number): Promise<AdoptOutcome>;
  beginBridge(entry: EntryRef, token: string): Promise<{ readonly outcome: 'bridging' } | { readonly outcome: 'stale' }>;
  markBridged(entry: EntryRef, token: string): Promise<{ readonly outcome: 'bridged' } | { readonly outcome: 'stale' }>;
  /**
   * The one place a QueueResult is written: whoever comes first decides it, everybody gets the same. When it throws, the entry is ended at a
   * later heartbeat all the same, with this cause.
   */
  end(entry: EntryRef, cause: EndCause): Promise<EndOutcome>;
  /** Tells of every change, and of the present state soon after the call. Returns the function that ends it. */
  onEntryChanged(entry: EntryRef, listener: (change: EntryChange) => void): () => void;
  onClaimChanged(accountSid: string, agentCallSid: string, listener: (change: ClaimChange) => void): () => void;
  /** The call's live entry, e.g. for a REST redirect. */
  entryOfCall(accountSid: string, callSid: string): Promise<EntryRef | undefined>;
  ensureQueue(
    accountSid: string,
    queueName: string,
    maxSize?: number,
  ): Promise<
    | { readonly outcome: 'created' | 'exists'; readonly queueSid: string }
    | { readonly outcome: 'invalid-name'; readonly code: 14204 | 14205 }
  >;
  findQueue(accountSid: string, queueName: string): Promise<QueueSummary | undefined>;
  deleteQueue(
    accountSid: string,
    queueSid: string,
  ): Promise<{ readonly outcome: 'deleted' } | { readonly outcome: 'not-empty'; readonly size: number } | { readonly outcome: 'unknown-queue' }>;
  /** Totals over the queues of the accounts this gateway works for, for gauges. */
  counts(): Promise<{ readonly members: number; readonly waiting: number; readonly agentsWaiting: number; readonly queues: number }>;
  /** Renews this gateway's leases and sweeps dead gateways and overdue claims; runs by itself every `heartbeatMs`. */
  heartbeat(): Promise<void>;
  /** Other gateways whose lease has not ended. */
  livingGateways(): Promise<readonly string[]>;
  /** Those of them that reach the dialogs of this one: they can carry on with its calls. */
  neighbours(): Promise<readonly string[]>;
  /** For who knows better than a lease (the relay saw the socket close): ends the lease now; what is not adopted is swept later. */
  expireGateway(gatewayId: string): Promise<void>;
}
