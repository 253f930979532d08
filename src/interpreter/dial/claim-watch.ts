import { deferred, type Deferred } from '../../lib';
import type { Bridge, Layer, MediaEndpoint } from '../../media';
import type { ClaimChange, Claimed, ClaimOutcome, Meeting } from '../../queueing';
import type { QueueNoun, RingTone } from '../../twiml';
import { resolveUrl } from '../resolve-url';
import type { VerbContext } from '../verb-context';
import { REDIS_PATIENCE_MS, whenRedisAnswers } from '../when-redis-answers';
import { giveUpClaim } from './give-up-claim';
import { ringBack } from './ring-tones';

type Met =
  | { readonly outcome: 'bridged'; readonly meeting: Meeting; readonly bridge: Bridge }
  | { readonly outcome: 'timeout' | 'canceled' | 'failed' };

/**
 * Follows one agent's claim from the request to the bridge. The channel says first that it is bridged, the engine that it
 * counts: a caller who hangs up in between was never met, and the agent waits for the next one.
 */
export class ClaimWatch {
  readonly #context: VerbContext;
  readonly #endpoint: MediaEndpoint;
  readonly #dial: string;
  readonly #ringTone: RingTone | undefined;
  readonly #bridgeEnded = deferred<void>();
  readonly #met: Deferred<Met> = deferred();
  readonly #cleanup: (() => void)[] = [];
  #ringing: Layer | undefined;
  #claimed: Claimed | undefined;
  /** The bridge that the channel is in, or was in and has not been ringing since: of which claim, as far as that is known. */
  #bridge: { token?: string | undefined } | undefined;
  #engineBridged = false;
  /** The other side has ended the bridge. */
  #isMeetingOver = false;
  #timedOut = false;
  #givingUp: 'timeout' | 'canceled' | undefined;

  /** `dial`: what the engine knows the Dial by, on every gateway. */
  constructor(context: VerbContext, endpoint: MediaEndpoint, dial: string, ringTone: RingTone | undefined) {
    this.#context = context;
    this.#endpoint = endpoint;
    this.#dial = dial;
    this.#ringTone = ringTone;
  }

  /** Lets the agent hear that he waits. */
  async ring(): Promise<void> {
    this.#ringing = await this.#endpoint.addLayer(ringBack(this.#ringTone));
  }

  /** `timeoutMs`: how long it is waited for a Redis that is away. */
  async claim(noun: QueueNoun, timeoutMs: number): Promise<ClaimOutcome> {
    const { call, ports } = this.#context;
    const { accountSid, from, to } = call.identity;
    const endpoint = this.#endpoint;
    // On the gateway before us.
    if (endpoint.isBridged) this.#bridge = {};
    const whisperUrl = noun.url ? resolveUrl(this.#context, noun.url) : undefined;
    this.#cleanup.push(endpoint.on('bridged', () => this.#onBridged()));
    this.#cleanup.push(endpoint.on('unbridged', () => this.#onUnbridged()));
    this.#cleanup.push(endpoint.on('gone', () => this.#bridgeEnded.resolve()));
    const claim = (): Promise<ClaimOutcome> => ports.queues.claim({
      accountSid,
      queueName: noun.queueName,
      agent: { callSid: call.sid, from, to, endpointUuid: endpoint.uuid, mediaServer: endpoint.serverName },
      gatewayId: ports.gatewayId,
      epoch: call.epoch,
      dial: this.#dial,
      wait: true,
      ...(whisperUrl === undefined ? {} : { whisper: { url: whisperUrl, method: noun.method } }),
    });
    const outcome = await whenRedisAnswers(this.#context, claim, { ms: Math.min(timeoutMs, REDIS_PATIENCE_MS), withMusic: false });
    if (outcome.outcome === 'claimed') this.#haveCaller(outcome);
    if (outcome.outcome === 'over') this.#meetingOver(outcome.met);
    // Not before: until then the engine would tell of this agent's last claim. It tells of the present state first.
    this.#cleanup.push(ports.queues.onClaimChanged(accountSid, call.sid, (change) => this.#onChange(change)));
    return outcome;
  }

  /** `timeoutMs` bounds the wait for a caller; a caller who is on the way (a whisper plays) is waited for. */
  async untilBridged(timeoutMs: number): Promise<Met> {
    const { clock } = this.#context.ports;
    const { signal } = this.#context;
    const timer = clock.after(timeoutMs, () => {
      this.#timedOut = true;
      if (!this.#claimed) void this.#giveUp('timeout');
    });
    const onAbort = (): void => void this.#giveUp('canceled');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const met = await this.#met.promise;
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
    return met;
  }

  async close(): Promise<void> {
    for (const undo of this.#cleanup.splice(0)) undo();
    await this.#ringing?.remove();
  }

  async #giveUp(outcome: 'timeout' | 'canceled'): Promise<void> {
    if (this.#givingUp === 'canceled' || this.#givingUp === outcome) return;
    this.#givingUp = outcome;
    const given = await giveUpClaim(this.#context, this.#dial);
    // The bridge won the race: its events are on the way, unless the agent is gone, who has then had it.
    if (given?.outcome === 'bridged' && outcome === 'timeout') return;
    if (given && 'met' in given) this.#meetingOver(given.met);
    this.#met.resolve({ outcome });
  }

  #onChange(change: ClaimChange): void {
    switch (change.state) {
      case 'claimed':
        this.#haveCaller(change);
        return;
      case 'waiting':
        // The caller went before the bridge; the agent waits for the next one while he has time.
        this.#claimed = undefined;
        if (!this.#endpoint.isBridged) this.#forgetBridge();
        if (this.#timedOut) void this.#giveUp('timeout');
        return;
      case 'bridged':
        this.#haveCaller(change);
        this.#engineBridged = true;
        this.#settleIfBridged();
        return;
      case 'gone':
        if (change.reason === 'bridge-ended') this.#meetingOver(change.met ?? this.#claimed);
        // An agent may be gone before anybody waits for the bridge: his claim came to nothing because of that.
        this.#met.resolve({ outcome: this.#givingUp ?? (this.#context.signal.aborted ? 'canceled' : 'failed') });
    }
  }

  #haveCaller(claimed: Claimed): void {
    this.#claimed = claimed;
    if (this.#bridge) this.#bridge.token ??= claimed.token;
    if (!this.#isBridgeOfClaim && !this.#endpoint.isBridged) this.#forgetBridge();
  }

  #onBridged(): void {
    this.#bridge = { token: this.#claimed?.token };
    this.#settleIfBridged();
  }

  #onUnbridged(): void {
    if (!this.#isBridgeOfClaim) this.#forgetBridge();
    else if (this.#engineBridged) this.#bridgeEnded.resolve();
  }

  /** Not that of a caller who went before it counted, whose end may be heard of after the next claim. */
  get #isBridgeOfClaim(): boolean {
    return this.#bridge !== undefined && this.#claimed !== undefined && this.#bridge.token === this.#claimed.token;
  }

  /** A bridge that did not count took the ring-back with it. */
  #forgetBridge(): void {
    if (!this.#bridge) return;
    this.#bridge = undefined;
    void this.ring();
  }

  #settleIfBridged(): void {
    if (!this.#isBridgeOfClaim || !this.#engineBridged || !this.#claimed) return;
    if (!this.#endpoint.isBridged) this.#bridgeEnded.resolve();
    this.#settle(this.#claimed);
  }

  /** The engine counted a bridge that is over, whether or not its beginning, or even the claim, was heard of. */
  #meetingOver(meeting: Meeting | undefined): void {
    this.#isMeetingOver = true;
    this.#bridgeEnded.resolve();
    if (meeting) this.#settle(meeting);
  }

  #settle(meeting: Meeting): void {
    const end = (): Promise<void> => (this.#isMeetingOver ? this.#endpoint.leftByOther() : this.#endpoint.unbridge());
    const bridge: Bridge = { ended: this.#bridgeEnded.promise, end };
    this.#met.resolve({ outcome: 'bridged', meeting, bridge });
  }
}
