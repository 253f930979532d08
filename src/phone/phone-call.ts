import { type Clock, GatewayError, messageOf, TypedEmitter } from '../lib';
import type { AudioDescription, MediaDirection } from '../protocol/sdp';
import { callIdOf, type HeaderFields, type SipRequest } from '../protocol/sip';
import type { CallEnd, IncomingReinvite, RequestResult, SipCall } from '../sip-stack';
import type { PlaySpec } from './audio-source';
import { type CallAudio, epochOf } from './call-audio';
import type { CallMedia } from './call-media';
import { type CallEnding, type CallInput, type CallState, nextCallState } from './call-progress';

export interface PhoneCallEvents {
  /** A provisional status of 180-199 arrived (or was sent). */
  ringing: [status: number];
  answered: [];
  ended: [ending: CallEnding];
  /** The far end put us on hold, took us back, or moved its media. */
  reinvited: [direction: MediaDirection];
  /** A request inside the call that is neither BYE nor re-INVITE (INFO, OPTIONS, ...), already answered. */
  request: [request: SipRequest];
}

/** The half of a phone call that works the same whoever placed it. */
export abstract class PhoneCall extends TypedEmitter<PhoneCallEvents> {
  readonly createdAt: number;
  #ringingAt: number | undefined;
  #answeredAt: number | undefined;
  #state: CallState = 'calling';
  #ending: CallEnding | undefined;
  #awaitsAnswerInAck = false;
  #farewell: Promise<void> = Promise.resolve();

  protected constructor(
    protected readonly sip: SipCall, readonly invite: SipRequest, protected readonly media: CallMedia,
    protected readonly clock: Clock,
  ) {
    super();
    this.createdAt = epochOf(clock);
    sip.onReinvite((reinvite) => this.#takeReinvite(reinvite));
    sip.onRequest((request, transaction) => {
      transaction.reply(200);
      this.emit('request', request);
    });
    sip.on('ack', (ack) => this.#takeAck(ack));
    sip.on('ended', (end) => this.end(endingOf(end)));
  }

  get state(): CallState {
    return this.#state;
  }

  /** What was heard. */
  get audio(): CallAudio {
    return this.media.audio;
  }

  /** What the far end last said of its media. */
  get farMedia(): AudioDescription | undefined {
    return this.media.remote;
  }

  get sipCallId(): string {
    return callIdOf(this.invite) ?? '';
  }

  /** First 180-199, epoch ms. */
  get ringingAt(): number | undefined {
    return this.#ringingAt;
  }

  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  get ending(): CallEnding | undefined {
    return this.#ending;
  }

  /** SSRC of everything we send in this call. */
  get ssrc(): number {
    return this.media.stream.ssrc;
  }

  /** Changes what we say without a break in the stream. Throws `phone-wav-unreadable`. */
  setPlay(play: PlaySpec): Promise<void> {
    return this.media.play(play);
  }

  /**
   * Presses keys by RFC 4733, in the stream of the sound; 'w' waits 500 ms. Resolves when the last was sent.
   * Throws `phone-no-telephone-event` or `phone-not-a-key`.
   */
  sendDigits(digits: string, options: { durationMs?: number } = {}): Promise<void> {
    return this.media.stream.press(digits, options.durationMs);
  }

  /** Presses one key by SIP INFO, application/dtmf-relay. */
  sendDtmfInfo(digit: string, durationMs = 160): Promise<RequestResult> {
    return this.sip.request('INFO', {
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: `Signal=${digit}\r\nDuration=${durationMs}\r\n`,
    });
  }

  /** Asks by REFER that the other party be taken to `target`. Its NOTIFYs come as `request` events. */
  refer(target: string): Promise<RequestResult> {
    return this.sip.request('REFER', { headers: { 'Refer-To': `<${target}>` } });
  }

  /** Re-INVITE with a new offer; the result's `response.status` tells whether it was taken. */
  async reinvite(direction: MediaDirection = 'sendrecv', headers: HeaderFields = {}): Promise<RequestResult> {
    const result = await this.sip.reinvite({ body: this.media.offer(direction), headers });
    if (result.outcome === 'answered' && result.response.status < 300) this.#follow(result.response.body);
    return result;
  }

  hold(direction: 'sendonly' | 'inactive' = 'sendonly'): Promise<RequestResult> {
    return this.reinvite(direction);
  }

  resume(): Promise<RequestResult> {
    return this.reinvite('sendrecv');
  }

  /**
   * Ends the call whatever its state: BYE when answered, else CANCEL or a refusal. Resolves when the far end has
   * confirmed it (or will not any more). Nothing when it is over.
   */
  hangup(headers: HeaderFields = {}): Promise<void> {
    if (this.#state === 'ended') return this.farewell;
    const answered = this.#state === 'answered';
    this.#farewell = answered ? this.sip.bye({ headers }).then(() => undefined) : this.giveUp(headers);
    return this.#farewell;
  }

  /** Settles when the far end has confirmed our hanging up; at once when it was not us. */
  get farewell(): Promise<void> {
    return this.#farewell;
  }

  /** Ends a call that is not answered yet, the way of this side. */
  protected abstract giveUp(headers: HeaderFields): Promise<void>;

  /**
   * Resolves at the answer. Throws `phone-call-not-answered` with the status when the call ends or time runs out
   * before.
   */
  untilAnswered({ withinMs }: { withinMs: number }): Promise<void> {
    return this.#until(withinMs, 'an answer', () => this.#answeredAt !== undefined);
  }

  untilRinging({ withinMs }: { withinMs: number }): Promise<void> {
    return this.#until(withinMs, 'ringing', () => this.#ringingAt !== undefined);
  }

  async untilEnded({ withinMs }: { withinMs: number }): Promise<CallEnding> {
    await this.#until(withinMs, 'the end of the call', () => this.#ending !== undefined);
    if (!this.#ending) throw new GatewayError('phone-call-not-ended', 'the call has no ending');
    return this.#ending;
  }

  protected move(input: CallInput): boolean {
    const next = nextCallState(this.#state, input);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  protected rang(status: number): void {
    if (!this.move('ring')) return;
    this.#ringingAt ??= epochOf(this.clock);
    this.emit('ringing', status);
  }

  protected answered(): void {
    if (!this.move('answer')) return;
    this.#answeredAt = epochOf(this.clock);
    this.emit('answered');
  }

  protected end(ending: Omit<CallEnding, 'at'>): void {
    if (!this.move('end')) return;
    this.#ending = { ...ending, at: epochOf(this.clock) };
    this.media.close();
    this.emit('ended', this.#ending);
  }

  /** Our offer went out in a 2xx: the answer comes with its ACK (RFC 3261 13.2.1). */
  protected expectAnswerInAck(): void {
    this.#awaitsAnswerInAck = true;
  }

  /** Ends the call because of SDP nobody could talk over. */
  protected giveUpOnMedia(error: unknown): void {
    void this.sip.bye({ headers: { Reason: 'SIP;cause=488;text="unusable SDP"' } });
    this.end({ by: 'us', status: 488, reason: messageOf(error) });
  }

  #follow(body: Buffer): void {
    try {
      this.media.takeAnswer(body.toString('utf8'));
    } catch (error) {
      this.giveUpOnMedia(error);
    }
  }

  #takeAck(ack: SipRequest): void {
    if (!this.#awaitsAnswerInAck) return;
    this.#awaitsAnswerInAck = false;
    this.#follow(ack.body);
  }

  #takeReinvite(reinvite: IncomingReinvite): void {
    if (reinvite.request.body.length === 0) {
      this.expectAnswerInAck();
      reinvite.accept({ body: this.media.offer('sendrecv') });
      return;
    }
    const answering = this.media.answerTo(reinvite.request.body.toString('utf8'));
    if (answering.outcome === 'refused') {
      reinvite.reject(488);
      return;
    }
    reinvite.accept({ body: answering.sdp });
    this.emit('reinvited', this.media.remote?.direction ?? 'sendrecv');
  }

  #until(withinMs: number, what: string, reached: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const removers: (() => void)[] = [];
      const settle = (timedOut: boolean): void => {
        const ended = this.#ending;
        if (!reached() && !ended && !timedOut) return;
        for (const remove of removers.splice(0)) remove();
        timer.cancel();
        if (reached()) return resolve();
        const end = ended && `the call ended by ${ended.by} with ${ended.status} ${ended.reason}`;
        const why = end ?? `${withinMs} ms passed`;
        const facts = ended ? { sipStatus: ended.status } : {};
        reject(new GatewayError('phone-call-not-answered', `waited for ${what}, but ${why} (${this.#state})`, facts));
      };
      for (const event of ['ringing', 'answered', 'ended'] as const) removers.push(this.on(event, () => settle(false)));
      const timer = this.clock.after(withinMs, () => settle(true));
      settle(false);
    });
  }
}

function endingOf({ by, request }: CallEnd): Omit<CallEnding, 'at'> {
  if (by === 'no-ack') return { by: 'network', status: 408, reason: 'our answer was never acknowledged' };
  const reason = request?.headers.get('Reason') ?? 'BYE';
  return { by: by === 'local' ? 'us' : 'them', status: 200, reason };
}
