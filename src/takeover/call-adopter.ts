import { type Clock, GatewayError, messageOf } from '../lib';
import { Call, type CallPorts, type CallRecord, type CallStore, type LiveCalls, type OwnedRecord } from '../calls';
import type { Admission } from '../capacity';
import type { AdoptOutcome, DrachtioConnection } from '../dialogs';
import type { MediaEndpoint, MediaPlace, MediaPool } from '../media';
import { AdoptedLeg, type LegDialer, type ProgramRunner } from '../signaling';
import type { TenantDirectory } from '../tenancy';
import { InsideSides } from './inside-sides';

export interface AdoptionParts {
  readonly clock: Clock;
  readonly drachtio: Pick<DrachtioConnection, 'takeOver'>;
  readonly dialer: Pick<LegDialer, 'takeOver'>;
  readonly pool: MediaPool;
  readonly tenants: Pick<TenantDirectory, 'account' | 'application'>;
  readonly store: Pick<CallStore, 'close' | 'isOurs'>;
  readonly calls: LiveCalls;
  readonly admission: Pick<Admission, 'adopt'>;
  readonly callPorts: CallPorts;
  readonly programs: ProgramRunner;
  readonly report: (record: CallRecord, message: string) => void;
}

/**
 * An INVITE that nobody has answered is given to a living gateway again, under the same CallSid. Only when none came within this
 * long is the call lost.
 */
const REPLAY_MS = 5_000;

/** A gateway adopts its own dialogs again after each broken connection: that must not count like another gateway. */
const EPOCHS_OF_A_GATEWAY = 1_000;

/** Makes a call of a dead gateway, which is ours by its record, go on here. */
export class CallAdopter {
  readonly #parts: AdoptionParts;
  readonly #sides: InsideSides;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
    this.#sides = new InsideSides(parts.clock, parts.pool);
  }

  /** Never rejects: a call that cannot go on ends here, with everybody told. */
  async adopt(owned: OwnedRecord): Promise<void> {
    const { record } = owned;
    // Not waited for: the others must not wait for its INVITE.
    if (isUnanswered(record)) void this.#attempt(record, () => this.#afterReplay(owned));
    else await this.#attempt(record, () => this.#carryOn(owned));
  }

  async #attempt(record: CallRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.report(record, `the call was not taken over: ${messageOf(error)}`);
    }
  }

  async #afterReplay(owned: OwnedRecord): Promise<void> {
    const { clock, store } = this.#parts;
    await new Promise<void>((resolve) => clock.after(REPLAY_MS, () => resolve()));
    if (await store.isOurs(owned)) await this.#carryOn(owned);
  }

  async #carryOn(owned: OwnedRecord): Promise<void> {
    const { tenants, calls, admission, callPorts, programs, store } = this.#parts;
    const { accountSid, applicationSid } = owned.record.identity;
    const call = Call.restore(owned, callPorts);
    const [account, application] = await Promise.all([
      tenants.account(accountSid), applicationSid === undefined ? undefined : tenants.application(accountSid, applicationSid),
    ]);
    if (!call.ended) {
      calls.add(call);
      admission.adopt(call);
      call.state('call.taken-over', { epoch: owned.epoch });
    }
    await Promise.all((owned.record.legs ?? []).map((leg) => this.#restoreLeg(call, { epoch: owned.epoch, record: leg })));
    await this.#reconnect(call, owned.record);
    if (account && application) programs.run(call, { sid: account.sid, authToken: account.authToken }, application);
    else {
      for (const leg of call.legs) leg.end('gateway-lost');
      call.end('unknown-number');
      await store.close(call);
    }
  }

  async #restoreLeg(parent: Call, owned: OwnedRecord): Promise<void> {
    const { calls, callPorts, admission } = this.#parts;
    const leg = Call.restore(owned, callPorts);
    parent.addLeg(leg);
    calls.add(leg);
    admission.adopt(leg);
    await this.#reconnect(leg, owned.record);
  }

  /** Gives the call its dialog and its channel back; without either it ends. */
  async #reconnect(call: Call, record: CallRecord): Promise<void> {
    const { dialogId, media, ringing, insideWith } = record;
    const { drachtio, dialer, pool } = this.#parts;
    const epoch = call.epoch * EPOCHS_OF_A_GATEWAY;
    const adoptMedia = (place: MediaPlace): Promise<MediaEndpoint | undefined> =>
      pool.adoptEndpoint(place, ({ dialogId: id, localSdp }) => drachtio.takeOver(id, epoch, localSdp).dialog);
    // Also one that has ended, for the other side has to hear of it.
    if (insideWith && media) {
      const endpoint = await adoptMedia(media);
      return endpoint ? this.#sides.join({ call, endpoint }, insideWith.legSid) : call.end('media-failed');
    }
    if (call.ended) return;
    if (ringing) return this.#unlessTaken(call, await dialer.takeOver(call, ringing, epoch));
    // Not answered or not sent yet.
    if (dialogId === undefined || !media) return call.end('gateway-lost');
    const far = drachtio.takeOver(dialogId, epoch, media.localSdp);
    const leg = new AdoptedLeg(call, record, far.dialog);
    call.attach(leg);
    const [{ outcome }, endpoint] = await Promise.all([far.outcome, adoptMedia(media)]);
    this.#unlessTaken(call, outcome);
    if (endpoint && !call.ended) leg.connect(endpoint, pool);
    // The far end hung up while nobody had the call, and was answered. A dialog of another SIP server goes on unheard.
    if (outcome === 'unknown' && !this.#isElsewhere(record)) call.end('remote-hangup');
    else if (!endpoint) call.end('media-failed');
    else if (call.ended) await endpoint.release();
    else call.reconnected(endpoint);
  }

  #isElsewhere({ sipServer }: CallRecord): boolean {
    return sipServer !== undefined && sipServer !== this.#parts.callPorts.sipServer?.();
  }

  /** Throws when another gateway was quicker, or the connection broke. */
  #unlessTaken({ sid }: Call, outcome: AdoptOutcome['outcome']): void {
    if (outcome !== 'stale' && outcome !== 'lost') return;
    throw new GatewayError('takeover-dialog-lost', `the dialog of ${sid} was not taken over: ${outcome}`);
  }
}

const isUnanswered = ({ dialogId, endedAt, identity }: CallRecord): boolean =>
  dialogId === undefined && endedAt === undefined && identity.sip !== undefined;
