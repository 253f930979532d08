import { type Clock, GatewayError, messageOf, newSid } from '../lib';
import type { EventBus, FactListener, FactPayloads, FactType } from '../events';
import type { MediaEndpoint } from '../media';
import { CallFacts } from './call-facts';
import type { CallIdentity } from './call-identity';
import type { CallProgress, QueuePlace } from './call-progress';
import type { OwnedRecord } from './call-record';
import { type CallInput, type CallStatus, isFinalStatus, nextCallStatus } from './call-state';
import { Scope } from './interruption';
import type { Leg, OtherSide, RingingPlace } from './leg';
import { type TerminationReason, terminations } from './termination';

/** What a call needs from its gateway. */
export interface CallPorts {
  readonly clock: Clock;
  readonly events: EventBus;
  /** The SIP server at which this gateway's dialogs are; absent: there is one only. */
  readonly sipServer?: () => string;
  /** Called after every change of state, so that the live-call record follows. */
  readonly save: (call: Call) => void;
  /** Tells the operator of a failure that nobody else is told of. */
  readonly report: (call: Call, message: string) => void;
}

/** More than a call states between two writes of its record. */
const FACTS_BETWEEN_RECORDS = 100;

/** A call: one leg between the gateway and somebody, from the INVITE to its end. */
export class Call {
  readonly sid: string;
  readonly identity: CallIdentity;
  /** How often it has changed its gateway, plus one: who has a lower one is fenced. */
  readonly epoch: number;
  readonly createdAt: number;
  /** At which its dialog is, also when gateways of another one carry on with it; undefined: not known, or there is one only. */
  readonly sipServer: string | undefined;
  readonly #createdMonotonic: number;
  readonly #ports: CallPorts;
  readonly #scope = new Scope();
  readonly #facts: CallFacts;
  readonly #endListeners = new Set<(status: CallStatus) => void>();
  readonly #legs = new Set<Call>();
  #parent: Call | undefined;
  #leg: Leg | undefined;
  #status: CallStatus;
  #endpoint: MediaEndpoint | undefined;
  #answering: Promise<MediaEndpoint> | undefined;
  #answeredAt: number | undefined;
  #endedAt: number | undefined;
  #endReason: TerminationReason | undefined;
  #progress: CallProgress | undefined;
  /** The newest complete recording of it, as status callbacks tell of it. */
  recording: Readonly<Record<'RecordingUrl' | 'RecordingSid' | 'RecordingDuration', string>> | undefined;
  #queueEntry: QueuePlace | undefined;
  #whenReferred: ((target: string) => boolean) | undefined;
  #released: Promise<void> = Promise.resolve();

  /** `begun`: of a call that another gateway had before. */
  constructor(identity: CallIdentity, ports: CallPorts, begun: Partial<OwnedRecord & { readonly sid: string }> = {}) {
    const { sid = newSid('CA'), epoch = 1, record } = begun;
    this.sid = sid;
    this.identity = identity;
    this.epoch = epoch;
    this.#ports = ports;
    // Facts that the gateway before us stated after it wrote the record have numbers, too.
    const stated = record ? record.factCount + FACTS_BETWEEN_RECORDS : 0;
    this.#facts = new CallFacts(sid, identity, ports.clock, ports.events, stated, (problem) => {
      ports.report(this, `a follower of the call's facts failed: ${messageOf(problem)}`);
    });
    this.createdAt = record?.createdAt ?? ports.clock.now();
    this.sipServer = record?.sipServer ?? ports.sipServer?.();
    this.#createdMonotonic = ports.clock.monotonic() - Math.max(0, ports.clock.now() - this.createdAt);
    this.#status = record?.status ?? (identity.direction === 'inbound' ? 'ringing' : 'queued');
    this.#answeredAt = record?.answeredAt;
    this.#endedAt = record?.endedAt;
    this.#endReason = record?.endReason;
    this.#progress = record?.progress;
    this.#queueEntry = record?.queueEntry;
    if (this.#endReason) this.#scope.interrupt({ kind: 'call-ended', reason: this.#endReason });
  }

  /** The call of another gateway that is ours now, as its record tells; without a leg and media yet. */
  static restore(owned: OwnedRecord, ports: CallPorts): Call {
    return new Call(owned.record.identity, ports, { ...owned, sid: owned.record.callSid });
  }

  get status(): CallStatus {
    return this.#status;
  }

  get ended(): boolean {
    return isFinalStatus(this.#status);
  }

  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  get endReason(): TerminationReason | undefined {
    return this.#endReason;
  }

  /** How many facts have been stated about it. */
  get factCount(): number {
    return this.#facts.count;
  }

  /** Those it has placed and that live: they end with it, and are kept with it. */
  get legs(): Iterable<Call> {
    return this.#legs;
  }

  /** Who placed it. */
  get parent(): Call | undefined {
    return this.#parent;
  }

  /** This call has placed that one. */
  addLeg(leg: Call): void {
    leg.#parent = this;
    this.#legs.add(leg);
    leg.onEnd(() => this.#legs.delete(leg));
  }

  /** The media of an answered call. */
  get endpoint(): MediaEndpoint | undefined {
    return this.#endpoint;
  }

  get sipCallId(): string | undefined {
    return this.#leg?.sipCallId ?? this.identity.sip?.callId;
  }

  /** Aborted, with a `call-ended` interruption, when the call ends. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  get dialogId(): string | undefined {
    return this.#leg?.dialogId;
  }

  /** What the far end of an answered dialog was told of our media last. */
  get toldSdp(): string | undefined {
    return this.#leg?.toldSdp;
  }

  /** Where its INVITE is, until it is answered. */
  get ringing(): RingingPlace | undefined {
    return this.#endpoint || this.ended ? undefined : this.#leg?.ringing;
  }

  /** To whom it is joined inside the gateway. */
  get insideWith(): OtherSide | undefined {
    return this.#leg?.insideWith;
  }

  /** Its INVITE is on its way, or its media are others or joined with others: another gateway would have to know. */
  placeChanged(): void {
    if (!this.ended) this.#ports.save(this);
  }

  /** Where its program is, kept in the live-call record. */
  get progress(): CallProgress | undefined {
    return this.#progress;
  }

  /** The verb before has dealt with its place in a queue, if it had one. */
  set progress(progress: CallProgress | undefined) {
    this.#progress = progress;
    this.#queueEntry = undefined;
    this.#ports.save(this);
  }

  /** Adds to the progress what the verb that runs needs to carry on. */
  noteVerbState(state: Readonly<Record<string, unknown>>): void {
    const verb = this.#progress;
    if (verb?.step !== 'verb' || this.ended) return;
    this.#progress = { ...verb, state: { ...verb.state, ...state } };
    this.#ports.save(this);
  }

  /** What the verb that runs has noted. */
  get verbState(): Readonly<Record<string, unknown>> {
    return (this.#progress?.step === 'verb' && this.#progress.state) || {};
  }

  /** Decides whether the far end of this call may send the party it talks to elsewhere (REFER); nobody decides: it may not. */
  onRefer(decide: ((target: string) => boolean) | undefined): void {
    this.#whenReferred = decide;
  }

  /** The far end wants that; true when it is done. */
  refer(target: string): boolean {
    return !this.ended && (this.#whenReferred?.(target) ?? false);
  }

  /** Its place in a queue, until the verb that gave it one has dealt with its end. */
  get queueEntry(): QueuePlace | undefined {
    return this.#queueEntry;
  }

  set queueEntry(place: QueuePlace | undefined) {
    this.#queueEntry = place;
    this.#ports.save(this);
  }

  /** Settles when the far end has been told of the end and the media is freed. */
  get released(): Promise<void> {
    return this.#released;
  }

  attach(leg: Leg): void {
    this.#leg = leg;
  }

  /** Applies an input to the state machine; false when it means nothing in this state. */
  move(input: CallInput): boolean {
    const next = nextCallStatus(this.#status, input);
    if (!next || next === this.#status) return false;
    this.#status = next;
    this.#ports.save(this);
    return true;
  }

  ring(): void {
    this.#leg?.ring();
  }

  /** Answers an inbound call once; every later call gets the same endpoint. */
  answer(): Promise<MediaEndpoint> {
    this.#answering ??= this.#answerNow();
    return this.#answering;
  }

  /** The far end answered (outbound legs) or we did: the call has media from now on. */
  connected(endpoint: MediaEndpoint): void {
    if (this.ended) return;
    this.#endpoint = endpoint;
    this.#answering ??= Promise.resolve(endpoint);
    this.#answeredAt = this.#ports.clock.now();
    this.move('answer');
    const answerMs = Math.round(this.#ports.clock.monotonic() - this.#createdMonotonic);
    this.state('call.answered', { mediaServer: endpoint.serverName, endpointUuid: endpoint.uuid, answerMs });
    this.#followMedia(endpoint);
  }

  /** The media of a restored call: it was connected by the gateway before us. */
  reconnected(endpoint: MediaEndpoint): void {
    if (this.ended) return;
    this.#endpoint = endpoint;
    this.#answering = Promise.resolve(endpoint);
    this.#followMedia(endpoint);
    this.#ports.save(this);
  }

  /** Ends the call, once: classifies, tells the far end, frees the media. Later reasons are ignored. */
  end(reason: TerminationReason, sipStatus?: number): void {
    if (this.ended) return;
    const facts = terminations[reason];
    this.#endReason = reason;
    this.#endedAt = this.#ports.clock.now();
    if (!this.move(facts.input)) this.move('fail');
    const durationMs = this.#answeredAt === undefined ? 0 : this.#endedAt - this.#answeredAt;
    this.state('call.completed', {
      status: this.#status,
      result: facts.result,
      reason,
      durationMs,
      ...(sipStatus === undefined ? {} : { sipStatus }),
    });
    this.#scope.interrupt({ kind: 'call-ended', reason });
    this.#released = this.#endLeg(reason);
    for (const listener of this.#endListeners) this.#tell(listener);
    this.#endListeners.clear();
  }

  /** Called once when the call ends (at once when it has); returns the function that removes the listener. */
  onEnd(listener: (status: CallStatus) => void): () => void {
    if (this.ended) listener(this.#status);
    else this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** States a fact about this call. */
  state<T extends FactType>(type: T, payload: FactPayloads[T]): void {
    this.#facts.state(type, payload);
  }

  /** Hears the facts of this call and of no other; returns the function that removes the listener. */
  follow(listener: FactListener): () => void {
    return this.#facts.follow(listener);
  }

  #followMedia(endpoint: MediaEndpoint): void {
    let lostServer = endpoint.serverName;
    endpoint.on('lost', () => {
      lostServer = endpoint.serverName;
      this.state('media.lost', { mediaServer: lostServer });
    });
    endpoint.on('back', (gapMs) => {
      this.#ports.save(this);
      this.state('media.moved', { from: lostServer, to: endpoint.serverName, endpointUuid: endpoint.uuid, gapMs: Math.round(gapMs) });
    });
    endpoint.on('linked', () => this.placeChanged());
    endpoint.once('gone', (cause) => this.end(cause === 'MEDIA_TIMEOUT' ? 'media-timeout' : 'media-failed'));
  }

  async #endLeg(reason: TerminationReason): Promise<void> {
    try {
      await this.#leg?.end(reason);
    } catch (error) {
      this.#ports.report(this, `the leg was not ended in order: ${messageOf(error)}`);
    }
  }

  /** Whoever counts calls must hear of every end, whatever another listener does. */
  #tell(listener: (status: CallStatus) => void): void {
    try {
      listener(this.#status);
    } catch (error) {
      this.#ports.report(this, `a listener to the call's end failed: ${messageOf(error)}`);
    }
  }

  async #answerNow(): Promise<MediaEndpoint> {
    if (!this.#leg) throw new Error('a call without a leg cannot be answered');
    const endpoint = await this.#leg.answer();
    if (this.ended) throw new GatewayError('calls-caller-gone', 'the call ended while it was answered');
    this.connected(endpoint);
    return endpoint;
  }
}
