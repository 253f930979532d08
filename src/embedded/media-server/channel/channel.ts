import { type Clock, messageOf } from '../../../lib';
import type { EslHeaders } from '../../../protocol/esl';
import type { AudioCodec } from '../../../protocol/sdp';
import type { EventHub } from '../event-socket/event-hub';
import type { RtpEngine } from '../rtp/rtp-engine';
import type { SoundResolver } from '../sounds/sound-resolver';
import { type Application, AppRunner } from './app-runner';
import type { ChannelFacts, ChannelView } from './channel-facts';
import { channelHeaders, EXTENDED_EVENTS } from './channel-headers';
import { type ChannelInput, type ChannelPhase, nextPhase } from './channel-state';

/** What channels share. */
export interface ChannelSurroundings {
  readonly engine: RtpEngine;
  readonly sounds: SoundResolver;
  readonly hub: EventHub;
  readonly clock: Clock;
  /** Applications by name; each is made for the channel it runs on. */
  readonly application: (channel: Channel, name: string) => Application | undefined;
  /** Another channel, for bridges. */
  readonly find: (uuid: string) => Channel | undefined;
  /** For the operator: what went wrong and nobody else is told. */
  readonly log: (line: string) => void;
  /** The channel ended. */
  readonly gone: (channel: Channel) => void;
}

/** What the SIP side does for a channel. */
export interface ChannelLeg {
  /** Sends BYE, or nothing when the far end ended the call. */
  hangUp(cause: string): void;
}

/** One call leg in the media server: its variables, what runs on it, whom it is bridged with. */
export class Channel implements ChannelView {
  readonly uuid: string;
  readonly createdAt: number;
  readonly variables = new Map<string, string>();
  readonly runner: AppRunner;
  readonly recordings = new Map<string, string>();
  codec: AudioCodec;
  answeredAt = 0;
  hangupCause: string | undefined;
  callState: ChannelView['callState'] = 'DOWN';
  partner: Channel | undefined;
  /** An outbound socket drives it: idle is allowed. */
  controlled = false;
  #phase: ChannelPhase = 'created';
  /** Parked by a bridge that ended or by a transfer, not by the dialplan's socket: it stays, controlled or not. */
  #parkedForGood = false;
  #bridgeOriginator = false;
  readonly #leg: ChannelLeg;
  readonly #digits: string[] = [];
  readonly #onEnd = new Set<() => void>();

  constructor(readonly facts: ChannelFacts, readonly around: ChannelSurroundings, leg: ChannelLeg) {
    this.uuid = facts.uuid;
    this.codec = facts.codec;
    this.#leg = leg;
    this.createdAt = around.clock.now();
    this.runner = new AppRunner((name) => around.application(this, name), {
      executing: (request, uuid) => {
        this.variables.set('current_application', request.name);
        this.variables.set('current_application_data', request.argument);
        this.publish('CHANNEL_EXECUTE', () => applicationHeaders(request, uuid));
      },
      completed: (request, uuid, response) => {
        this.variables.set('current_application_response', response);
        this.publish('CHANNEL_EXECUTE_COMPLETE', () => ({
          ...applicationHeaders(request, uuid), 'Application-Response': response,
        }));
      },
      unknown: () => this.hangUp('DESTINATION_OUT_OF_ORDER'),
      failed: (request, error) => around.log(`application ${request.name} ${request.argument}: ${messageOf(error)}`),
      idle: () => this.#hangUpIfOrphaned(),
    }, around.clock);
  }

  get phase(): ChannelPhase {
    return this.#phase;
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  get answered(): boolean {
    return this.answeredAt > 0;
  }

  /** Runs when the channel ends, at once when it has. */
  onEnd(listener: () => void): void {
    if (this.ended) listener();
    else this.#onEnd.add(listener);
  }

  publish(name: string, more: () => EslHeaders = () => ({})): void {
    this.around.hub.publish(name, () => ({ ...channelHeaders(this, EXTENDED_EVENTS.has(name)), ...more() }));
  }

  answer(): void {
    if (this.answered || this.ended) return;
    this.answeredAt = this.around.clock.now();
    this.publish('CHANNEL_ANSWER');
    this.#setCallState('ACTIVE');
  }

  ring(): void {
    this.publish('CHANNEL_CREATE');
    this.#setCallState('RINGING');
  }

  /** The channel waits for commands. `forGood`: also without a controller. */
  park(forGood = false): void {
    if (!this.#move('park')) return;
    this.#parkedForGood ||= forGood;
    this.publish('CHANNEL_PARK');
    this.#hangUpIfOrphaned();
  }

  /** Its outbound socket closed: idle it ends, busy it goes on until it is idle (contract page section 5). */
  loseController(): void {
    this.controlled = false;
    this.#hangUpIfOrphaned();
  }

  /** A key of the far end. `duration` in samples at 8 kHz. */
  receiveDigit(digit: string, duration: number, source: 'RTP' | 'APP' | 'ENDPOINT' = 'RTP'): void {
    if (this.ended) return;
    this.publish('DTMF', () => ({ 'DTMF-Digit': digit, 'DTMF-Duration': String(duration), 'DTMF-Source': source }));
    if (this.partner) this.around.engine.press(this.partner.uuid, digit, duration / 8);
    else this.#digits.push(digit);
    this.runner.digit(digit);
  }

  /** Keys not yet used by an application; taking them empties the queue. */
  takeDigits(): string[] {
    return this.#digits.splice(0);
  }

  /** Joins two channels; what plays on either is cut first. The events come when both hear each other. */
  async bridge(other: Channel): Promise<void> {
    for (const channel of [this, other]) channel.#leaveBridge();
    if (!this.#move('join') || !other.#move('join')) return;
    for (const channel of [this, other]) channel.publish('CHANNEL_UNPARK');
    await Promise.all([this.runner.endAll(), other.runner.endAll()]);
    const ready = [this, other].filter((channel) => channel.phase === 'bridging');
    if (ready.length < 2 || !this.#move('joined') || !other.#move('joined')) {
      for (const channel of ready) channel.park(true);
      return;
    }
    this.#bridgeOriginator = true;
    other.#bridgeOriginator = false;
    this.#joinTo(other);
    other.#joinTo(this);
    this.around.engine.bridge(this.uuid, other.uuid);
    for (const [channel, partner] of [[this, other], [other, this]] as const) {
      channel.publish('CHANNEL_EXECUTE', () => ({ Application: 'uuid_bridge', 'Application-Data': partner.uuid }));
    }
    // Only the first leg has the event (switch_ivr_multi_threaded_bridge)
    this.publish('CHANNEL_BRIDGE', () => bridgeHeaders(this, other));
  }

  /** Ends what runs and the bridge, and runs one application instead (uuid_transfer … inline). */
  async transferTo(name: string, argument: string): Promise<void> {
    await this.leaveForTransfer();
    if (!this.ended) this.runner.execute({ name, argument });
  }

  /** Ends what runs and the bridge, without parking yet. */
  async leaveForTransfer(): Promise<void> {
    this.#parkedForGood = false;
    this.#leaveBridge(this);
    await this.runner.endAll();
    if (this.#phase !== 'parked') this.#move('park');
  }

  /** Ends the channel; the first cause counts. */
  hangUp(cause: string): void {
    if (!this.#move('end')) return;
    this.hangupCause = cause;
    const partner = this.partner;
    this.publish('CHANNEL_HANGUP');
    this.#leg.hangUp(cause);
    if (partner) this.#leaveBridge();
    this.around.engine.close(this.uuid);
    void this.runner.close().then(() => this.#complete());
  }

  #complete(): void {
    this.#setCallState('HANGUP');
    this.publish('CHANNEL_HANGUP_COMPLETE');
    this.publish('CHANNEL_DESTROY');
    for (const listener of this.#onEnd) listener();
    this.#onEnd.clear();
    this.around.gone(this);
  }

  #move(input: ChannelInput): boolean {
    const next = nextPhase(this.#phase, input);
    if (next) this.#phase = next;
    return next !== undefined;
  }

  #setCallState(state: Channel['callState']): void {
    const previous = this.callState;
    this.callState = state;
    this.publish('CHANNEL_CALLSTATE', () => ({ 'Original-Channel-Call-State': previous }));
  }

  #joinTo(other: Channel): void {
    this.partner = other;
    this.variables.set('bridge_to', other.uuid);
    this.variables.set('bridge_uuid', other.uuid);
    this.variables.set('signal_bond', other.uuid);
    this.variables.set('last_bridge_to', other.uuid);
    this.variables.set('bridge_channel', other.facts.name);
  }

  /** Parts a bridge: whoever is still there parks, because the dialplan sets park_after_bridge. */
  #leaveBridge(transferred?: Channel): void {
    const { partner } = this;
    if (!partner) return;
    const originator = this.#bridgeOriginator ? this : partner;
    for (const channel of [this, partner]) {
      channel.partner = undefined;
      channel.around.engine.unbridge(channel.uuid);
      channel.variables.delete('bridge_to');
      channel.variables.delete('bridge_uuid');
      channel.variables.delete('signal_bond');
    }
    originator.publish('CHANNEL_UNBRIDGE', () =>
      bridgeHeaders(originator, originator === this ? partner : this));
    for (const channel of [this, partner]) if (!channel.ended && channel !== transferred) channel.#afterBridge();
  }

  #afterBridge(): void {
    if (this.variables.get('hangup_after_bridge') === 'true') this.hangUp('NORMAL_CLEARING');
    else if (this.variables.get('park_after_bridge') === 'true') this.park(true);
    else this.park();
  }

  #hangUpIfOrphaned(): void {
    const held = this.controlled || this.#parkedForGood || this.#phase !== 'parked';
    if (!held && this.runner.isIdle) this.hangUp('NORMAL_CLEARING');
  }
}

const applicationHeaders = (request: { name: string; argument: string }, uuid: string): EslHeaders => ({
  Application: request.name, 'Application-Data': request.argument, 'Application-UUID': uuid,
});

const bridgeHeaders = (a: Channel, b: Channel): EslHeaders => ({
  'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid, 'Other-Leg-Unique-ID': b.uuid,
});

