import type { Redis } from 'ioredis';
import { type Clock, messageOf, type Timer } from '../lib';
import type { Call } from './call';
import { CallKeys } from './call-keys';
import type { CallProgress, QueuePlace } from './call-progress';

/** A live call as another gateway would need it to carry on: identity, media, dialog and the program's progress. */
export interface CallRecord {
  readonly callSid: string;
  readonly accountSid: string;
  readonly applicationSid?: string;
  readonly gatewayId: string;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly parentCallSid?: string;
  readonly status: string;
  readonly sipCallId?: string;
  /** drachtio's id of the dialog with the far end. */
  readonly dialogId?: string;
  readonly endpointUuid?: string;
  /** drachtio's id of the dialog with the media server. */
  readonly endpointDialogId?: string;
  readonly mediaServer?: string;
  readonly createdAt: number;
  readonly answeredAt?: number;
  readonly endedAt?: number;
  readonly endReason?: string;
  readonly queueEntry?: QueuePlace;
  readonly progress?: CallProgress;
}

/** Ended calls are kept for a day for look-ups by SID. */
const KEEP_SECONDS = 86_400;

/** A call may live longer than its record is kept: each is written anew so often. */
export const REFRESH_MS = (KEEP_SECONDS / 4) * 1_000;

/** Keeps one record per call in Redis, written at every change of state; writes of one call never overtake each other. */
export class CallStore {
  readonly #redis: Redis;
  readonly #gatewayId: string;
  readonly #keys: CallKeys;
  readonly #report: (message: string) => void;
  readonly #writes = new Map<string, Promise<void>>();
  #refreshing: Timer | undefined;

  constructor(redis: Redis, gatewayId: string, report: (message: string) => void, prefix = 'hf:') {
    this.#redis = redis;
    this.#gatewayId = gatewayId;
    this.#report = report;
    this.#keys = new CallKeys(prefix);
  }

  /** Keeps the records of these calls from running out while the calls live. */
  start(live: Iterable<Call>, clock: Clock): void {
    this.#refreshing ??= clock.every(REFRESH_MS, () => {
      for (const call of live) this.save(call);
    });
  }

  stop(): void {
    this.#refreshing?.cancel();
    this.#refreshing = undefined;
  }

  /** Writes the call's present state in the background; a failure is reported, the call goes on. */
  save(call: Call): void {
    const record = JSON.stringify(this.#recordOf(call));
    const key = this.#keys.record(call.identity.accountSid, call.sid);
    const before = this.#writes.get(call.sid) ?? Promise.resolve();
    const write = before
      .then(async () => void (await this.#redis.set(key, record, 'EX', KEEP_SECONDS)))
      .catch((error: unknown) => this.#report(`the record of ${call.sid} was not written: ${messageOf(error)}`));
    this.#writes.set(call.sid, write);
    void write.then(() => {
      if (this.#writes.get(call.sid) === write) this.#writes.delete(call.sid);
    });
  }

  async find(accountSid: string, callSid: string): Promise<CallRecord | undefined> {
    const text = await this.#redis.get(this.#keys.record(accountSid, callSid));
    return text === null ? undefined : (JSON.parse(text) as CallRecord);
  }

  /** Resolves when everything saved so far is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes.values());
  }

  #recordOf(call: Call): CallRecord {
    const { accountSid, applicationSid, direction, from, to, parentCallSid } = call.identity;
    const optional = {
      applicationSid,
      parentCallSid,
      sipCallId: call.sipCallId,
      dialogId: call.dialogId,
      endpointUuid: call.endpoint?.uuid,
      endpointDialogId: call.endpoint?.dialogId,
      mediaServer: call.endpoint?.serverName,
      answeredAt: call.answeredAt,
      endedAt: call.endedAt,
      endReason: call.endReason,
      queueEntry: call.queueEntry,
      progress: call.progress,
    };
    return {
      callSid: call.sid,
      accountSid,
      gatewayId: this.#gatewayId,
      direction,
      from,
      to,
      status: call.status,
      createdAt: call.createdAt,
      ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<CallRecord>),
    };
  }
}
