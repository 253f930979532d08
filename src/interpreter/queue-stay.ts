import { messageOf } from '../lib';
import { interruptionOf, Scope } from '../calls';
import { type Bridge, bridgeLegs, type Layer, type MediaEndpoint, type RemoteLeg, resumeBridge } from '../media';
import type { ClaimView, EndCause, EndOutcome, EntryChange, EntryRef } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import { endEntry } from './end-entry';
import { seconds } from './queue-params';
import { pause, untilAborted } from './sounds';
import type { VerbContext } from './verb-context';
import { runAdded, runWaitLoop, type WaitEnd } from './wait-loop';
import { runWhisper } from './whisper';

/** Between attempts while Redis or a media server fails: no reason to lose a caller's place. */
const RETRY_MS = 1_000;

/**
 * How often it is looked whether the queue still knows the caller. A wait document asks before each request; one who hears
 * music only, or a document of an hour, would stay for ever in a queue that Redis has lost.
 */
const LOOK_MS = 10_000;

/** `released`: the agent was lost before the bridge, so the caller waits again. */
type Served = 'released' | 'bridge-ended';

/**
 * One caller's stay in a queue, on the gateway that owns the call. The engine says what the entry is (waiting, claimed,
 * ended); this object lets the caller hear what that means: music and wait documents, the whisper, the agent.
 */
export class QueueStay {
  readonly #verb: EnqueueVerb;
  readonly #context: VerbContext;
  readonly #endpoint: MediaEndpoint;
  readonly #entry: EntryRef;
  readonly #startedAt: number;
  #claim: ClaimView | undefined;
  #engineEnded = false;
  /** The document of `addedUrl` is heard directly after joining or not at all. */
  #justAdded = true;
  /** Of a stay that another gateway began: the claim whose whisper is over, and whether its bridge is there. */
  #beforeUs: { readonly token: string; readonly bridge: Bridge | undefined } | undefined;
  #talking = false;
  #claimedAt = 0;
  #music: Layer | undefined;
  /** The scope of what the caller hears now; a change of the entry interrupts it. */
  #scope: Scope | undefined;

  constructor(verb: EnqueueVerb, context: VerbContext, endpoint: MediaEndpoint, entry: EntryRef, claim?: ClaimView) {
    this.#verb = verb;
    this.#context = context;
    this.#endpoint = endpoint;
    this.#entry = entry;
    this.#startedAt = context.ports.clock.monotonic();
    if (claim) this.#claimed(claim);
  }

  /** Carries on with a stay that another gateway began, which is in this state. */
  static resume(
    verb: EnqueueVerb, context: VerbContext, endpoint: MediaEndpoint, entry: EntryRef, { state, claim }: EntryChange,
  ): QueueStay {
    const stay = new QueueStay(verb, context, endpoint, entry, claim);
    stay.#justAdded = false;
    if (claim && state !== 'claimed') {
      const bridge = endpoint.isBridged ? resumeBridge(context.ports.pool, endpoint, stay.#agentLeg(claim)) : undefined;
      stay.#beforeUs = { token: claim.token, bridge };
    }
    return stay;
  }

  /** Runs until the entry has its result. Never rejects: who is in a queue gets one. */
  async untilEnded(): Promise<EndOutcome> {
    const { call, ports } = this.#context;
    const stopListening = ports.queues.onEntryChanged(this.#entry, (change) => this.#onChange(change));
    try {
      const cause = await this.#untilCause();
      const waitedMs = (): number => Math.round(ports.clock.monotonic() - this.#startedAt);
      return await endEntry(ports, call, this.#entry, cause, waitedMs);
    } finally {
      stopListening();
      // Whatever the program does next is heard without the queue's music.
      await this.#stopMusic();
    }
  }

  async #untilCause(): Promise<EndCause> {
    const { call, ports, signal } = this.#context;
    for (;;) {
      if (signal.aborted) return 'hangup';
      if (this.#engineEnded) return 'system-error';
      try {
        const cause = this.#claim ? await this.#serveClaim(this.#claim) : await this.#wait();
        if (cause) return cause;
      } catch (error) {
        ports.report(call, `the stay in the queue is tried again: ${messageOf(error)}`);
        await pause(this.#context, RETRY_MS);
      }
    }
  }

  /** Music and wait documents until the caller is claimed (undefined) or has a reason to go. */
  async #wait(): Promise<EndCause | undefined> {
    const scope = this.#open();
    try {
      if (this.#verb.waitUrl !== '') this.#music ??= await this.#endpoint.addLayer(...this.#context.ports.holdMusic);
      void this.#lookAfterEntry(scope);
      const end = (await this.#added(scope.signal)) ?? (await runWaitLoop(this.#verb, this.#context, this.#entry, scope.signal));
      // Claimed: the music stays until the whisper or the bridge replaces it; a bridge drops it by itself.
      if (end === 'interrupted') return interruptionOf(scope.signal)?.kind === 'entry-lost' ? 'system-error' : undefined;
      return end === 'lost' ? 'system-error' : end;
    } finally {
      // Ends whatever went on beside the documents.
      scope.interrupt({ kind: 'superseded' });
      this.#close(scope);
    }
  }

  /** Ends the wait when the queue has lost the caller. Never rejects; a Redis that does not answer has lost nobody. */
  async #lookAfterEntry(scope: Scope): Promise<void> {
    const { queues } = this.#context.ports;
    for (;;) {
      if (await pause(this.#context, LOOK_MS, scope.signal)) return;
      const found = await queues.view(this.#entry).then((view) => view !== undefined, () => true);
      if (!found) scope.interrupt({ kind: 'entry-lost' });
    }
  }

  async #added(signal: AbortSignal): Promise<WaitEnd | undefined> {
    if (!this.#justAdded) return undefined;
    this.#justAdded = false;
    return runAdded(this.#verb, this.#context, this.#entry, signal);
  }

  async #stopMusic(): Promise<void> {
    const music = this.#music;
    this.#music = undefined;
    await music?.remove();
  }

  async #serveClaim(claim: ClaimView): Promise<EndCause | undefined> {
    if ((await this.#serve(claim)) === 'bridge-ended') return 'bridge-ended';
    // Another agent may have taken the caller in the meantime: that claim is not this one's to forget.
    if (this.#claim === claim) this.#claim = undefined;
    return undefined;
  }

  /** Whisper, bridge, and the conversation. */
  async #serve(claim: ClaimView): Promise<Served> {
    const { queues } = this.#context.ports;
    const scope = this.#open();
    const before = this.#beforeUs?.token === claim.token ? this.#beforeUs : undefined;
    this.#beforeUs = undefined;
    try {
      if (claim.whisper && !before) await this.#whisper(claim, claim.whisper, scope.signal);
      if (scope.signal.aborted) return 'released';
      if (!before?.bridge && (await queues.beginBridge(this.#entry, claim.token)).outcome === 'stale') return 'released';
      const bridge = before?.bridge ?? (await this.#bridge(claim));
      if (!bridge) {
        await this.#notBridged(claim);
        return 'released';
      }
      this.#music = undefined;
      if (!(await this.#recordBridge(bridge, claim))) {
        // The agent gave up while the bridge was made: whoever may have the caller now must not find him talking.
        await bridge.end();
        return 'released';
      }
      await this.#converse(bridge, claim, scope.signal);
      return interruptionOf(scope.signal)?.kind === 'released' ? 'released' : 'bridge-ended';
    } finally {
      this.#close(scope);
    }
  }

  async #whisper(claim: ClaimView, whisper: NonNullable<ClaimView['whisper']>, signal: AbortSignal): Promise<void> {
    const { call, ports } = this.#context;
    await this.#stopMusic();
    const view = await ports.queues.view(this.#entry);
    const params = {
      QueueSid: this.#entry.queueSid,
      QueueTime: seconds(view?.queueTimeMs ?? 0),
      DequeingCallSid: claim.agent.callSid,
    };
    await runWhisper(this.#context, call, whisper, signal, params, 'queueWhisper');
  }

  async #bridge(claim: ClaimView): Promise<Bridge | undefined> {
    const { call, ports } = this.#context;
    try {
      return await bridgeLegs(ports.pool, this.#endpoint, this.#agentLeg(claim));
    } catch (error) {
      ports.report(call, `the bridge with ${claim.agent.callSid} failed: ${messageOf(error)}`);
      return undefined;
    }
  }

  #agentLeg({ agent }: ClaimView): RemoteLeg {
    return { ...agent, locate: () => this.#context.ports.whereabouts.of(this.#entry.accountSid, agent.callSid) };
  }

  /** The agent's leg is gone or cannot be joined: he is given up and the caller waits again. */
  async #notBridged(claim: ClaimView): Promise<void> {
    const { ports, signal } = this.#context;
    // When it is the caller who went, the end of the entry lets the agent wait for the next one.
    if (signal.aborted) return;
    await ports.queues.abandonClaim(this.#entry.accountSid, claim.agent.callSid, { token: claim.token });
    // The attempt may have ended what played: it is laid anew.
    await this.#stopMusic();
  }

  /** False when the claim was lost before the bridge. While Redis fails the two go on talking and it is tried again. */
  async #recordBridge(bridge: Bridge, claim: ClaimView): Promise<boolean> {
    const { call, ports, signal } = this.#context;
    for (;;) {
      try {
        return (await ports.queues.markBridged(this.#entry, claim.token)).outcome === 'bridged';
      } catch (error) {
        ports.report(call, `the bridge was not recorded: ${messageOf(error)}`);
        const over = bridge.ended.then(() => true);
        if (await Promise.race([over, pause(this.#context, RETRY_MS).then(() => signal.aborted)])) return true;
      }
    }
  }

  async #converse(bridge: Bridge, claim: ClaimView, signal: AbortSignal): Promise<void> {
    const { call, ports } = this.#context;
    const legs = { callerCallSid: call.sid, agentCallSid: claim.agent.callSid };
    const bridgedAt = ports.clock.monotonic();
    call.state('legs.bridged', { ...legs, claimToBridgeMs: Math.round(bridgedAt - this.#claimedAt) });
    this.#talking = true;
    await Promise.race([bridge.ended, untilAborted(signal)]);
    this.#talking = false;
    call.state('legs.unbridged', { ...legs, durationMs: Math.round(ports.clock.monotonic() - bridgedAt) });
    // Taken out of the conversation (a redirect): the caller's program goes on alone.
    if (!call.ended) await bridge.end();
  }

  #onChange(change: EntryChange): void {
    if (change.state === 'ended') {
      this.#engineEnded = true;
      // Two who talk are left to it, unless the caller was called out of the conversation.
      if (!this.#talking || change.result === 'redirected-from-bridged') this.#scope?.interrupt({ kind: 'superseded' });
      return;
    }
    if (change.state === 'waiting') {
      this.#released();
      return;
    }
    if (change.claim && change.claim.token !== this.#claim?.token) this.#claimed(change.claim);
  }

  #claimed(claim: ClaimView): void {
    const { call, ports } = this.#context;
    // A new claim while an old one is being served: the old one was released in between.
    this.#released();
    this.#scope?.interrupt({ kind: 'claimed' });
    this.#claim = claim;
    this.#justAdded = false;
    this.#claimedAt = ports.clock.monotonic();
    call.state('queue-entry.claimed', { queueSid: this.#entry.queueSid, agentCallSid: claim.agent.callSid });
  }

  #released(): void {
    const claim = this.#claim;
    if (!claim) return;
    this.#claim = undefined;
    this.#context.call.state('queue-entry.released', { queueSid: this.#entry.queueSid, agentCallSid: claim.agent.callSid });
    this.#scope?.interrupt({ kind: 'released' });
  }

  #open(): Scope {
    this.#scope = new Scope(this.#context.signal);
    return this.#scope;
  }

  #close(scope: Scope): void {
    scope.close();
    if (this.#scope === scope) this.#scope = undefined;
  }
}
