import { deferred } from '../lib';
import { Scope } from '../calls';
import { type Bridge, bridgeLegs, type Layer, type MediaEndpoint } from '../media';
import type { ClaimView, EndCause, EndOutcome, EntryChange, EntryRef } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import { seconds } from './queue-params';
import type { VerbContext } from './verb-context';
import { runWaitLoop } from './wait-loop';
import { runWhisper } from './whisper';

type Served = 'released' | 'bridge-ended' | 'ended';

/**
 * One caller's stay in a queue, on the gateway that owns the call. The engine says what the entry is (waiting, claimed,
 * ended); this object lets the caller hear what that means: music and wait documents, the whisper, the agent.
 */
export class QueueStay {
  readonly #verb: EnqueueVerb;
  readonly #context: VerbContext;
  readonly #endpoint: MediaEndpoint;
  readonly #entry: EntryRef;
  #claim: ClaimView | undefined;
  #engineEnded = false;
  #claimedAt = 0;
  /** The scope of what the caller hears now; a change of the entry interrupts it. */
  #scope: Scope | undefined;

  constructor(verb: EnqueueVerb, context: VerbContext, endpoint: MediaEndpoint, entry: EntryRef, claim?: ClaimView) {
    this.#verb = verb;
    this.#context = context;
    this.#endpoint = endpoint;
    this.#entry = entry;
    if (claim) this.#claimed(claim);
  }

  /** Runs until the entry has its result. */
  async untilEnded(): Promise<EndOutcome> {
    const { queues } = this.#context.ports;
    const stopListening = queues.onEntryChanged(this.#entry, (change) => this.#onChange(change));
    try {
      return await queues.end(this.#entry, await this.#untilCause());
    } finally {
      stopListening();
    }
  }

  async #untilCause(): Promise<EndCause> {
    const { signal } = this.#context;
    for (;;) {
      if (signal.aborted) return 'hangup';
      if (this.#engineEnded) return 'system-error';
      if (this.#claim) {
        const served = await this.#serve(this.#claim);
        if (served === 'bridge-ended') return signal.aborted ? 'hangup' : 'bridge-ended';
        if (served === 'released') this.#claim = undefined;
      } else {
        const cause = await this.#wait();
        if (cause) return cause;
      }
    }
  }

  /** Music and wait documents until the caller is claimed (undefined) or has a reason to go. */
  async #wait(): Promise<EndCause | undefined> {
    const scope = this.#open();
    const music = await this.#startMusic();
    const end = await runWaitLoop(this.#verb, this.#context, this.#entry, scope.signal);
    this.#close(scope);
    if (end === 'leave') {
      await music?.remove();
      return 'leave';
    }
    if (end === 'hangup') return 'hangup';
    // Claimed: the music stays until the whisper or the bridge replaces it; a bridge drops it by itself.
    this.#music = music;
    return undefined;
  }

  #music: Layer | undefined;

  async #startMusic(): Promise<Layer | undefined> {
    if (this.#music) {
      const music = this.#music;
      this.#music = undefined;
      return music;
    }
    return this.#verb.waitUrl === '' ? undefined : this.#endpoint.addLayer(this.#context.ports.holdMusic);
  }

  /** Whisper, bridge, and the conversation. `released`: the agent was lost before it, so the caller waits again. */
  async #serve(claim: ClaimView): Promise<Served> {
    const { call, ports } = this.#context;
    const { queues, pool } = ports;
    const scope = this.#open();
    try {
      if (claim.whisper) {
        await this.#music?.remove();
        this.#music = undefined;
        const view = await queues.view(this.#entry);
        const params = {
          QueueSid: this.#entry.queueSid,
          QueueTime: seconds(view?.queueTimeMs ?? 0),
          DequeingCallSid: claim.agent.callSid,
        };
        await runWhisper(this.#context, call, claim.whisper, scope.signal, params, 'queueWhisper');
      }
      if (scope.signal.aborted) return 'released';
      if ((await queues.beginBridge(this.#entry, claim.token)).outcome === 'stale') return 'released';
      const bridge = await bridgeLegs(pool, this.#endpoint, claim.agent);
      if (!bridge) {
        await queues.abandonClaim(this.#entry.accountSid, claim.agent.callSid);
        return 'released';
      }
      this.#music = undefined;
      await queues.markBridged(this.#entry, claim.token);
      await this.#converse(bridge, claim);
      return 'bridge-ended';
    } finally {
      this.#close(scope);
    }
  }

  async #converse(bridge: Bridge, claim: ClaimView): Promise<void> {
    const { call, ports, signal } = this.#context;
    const legs = { callerCallSid: call.sid, agentCallSid: claim.agent.callSid };
    const bridgedAt = ports.clock.monotonic();
    call.state('legs.bridged', { ...legs, claimToBridgeMs: Math.round(bridgedAt - this.#claimedAt) });
    const callEnded = deferred<void>();
    const onAbort = (): void => callEnded.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await Promise.race([bridge.ended, callEnded.promise]);
    signal.removeEventListener('abort', onAbort);
    call.state('legs.unbridged', { ...legs, durationMs: Math.round(ports.clock.monotonic() - bridgedAt) });
  }

  #onChange(change: EntryChange): void {
    if (change.state === 'ended') {
      this.#engineEnded = true;
      this.#scope?.interrupt({ kind: 'superseded' });
      return;
    }
    if (change.state === 'waiting') {
      if (this.#claim) this.#scope?.interrupt({ kind: 'released' });
      return;
    }
    if (change.claim && change.claim.token !== this.#claim?.token) this.#claimed(change.claim);
  }

  #claimed(claim: ClaimView): void {
    const { call, ports } = this.#context;
    // A new claim while an old one is being served: the old one was released in between.
    this.#scope?.interrupt(this.#claim ? { kind: 'released' } : { kind: 'claimed' });
    this.#claim = claim;
    this.#claimedAt = ports.clock.monotonic();
    call.state('queue-entry.claimed', { queueSid: this.#entry.queueSid, agentCallSid: claim.agent.callSid });
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
