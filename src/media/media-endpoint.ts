import { type Clock, deferred, GatewayError, TypedEmitter } from '../lib';
import type { SipDialog } from '../dialogs';
import { withMediaAddress } from '../protocol/sdp';
import { digitsMs } from './digit-time';
import type { ChannelEvent, EventSocket } from './event-socket';
import { mediaTimeoutFor, NEVER_MS } from './media-watch';
import { type Layer, type PlayOutcome, SoundStack } from './sound-stack';
import { type ChannelRecording, type RecordingPlan, startRecording } from './recording';

interface MediaEndpointEvents extends Record<string, unknown[]> {
  digit: [digit: string];
  /** The channel is gone, whoever ended it; `MEDIA_TIMEOUT`: its far end has sent nothing for too long. */
  gone: [cause: string];
  bridged: [];
  unbridged: [];
  /** The channel was left alone by a bridge that could not be made. */
  parked: [];
  /** An endless sound, such as hold music, could not be played. */
  'layer-failed': [source: string];
}

export interface EndpointFacts {
  readonly uuid: string;
  readonly serverName: string;
  /** SDP of the media server's side. */
  readonly localSdp: string;
  /** The address that callers reach the media server at, where it is not the one in its SDP. */
  readonly externalIp?: string | undefined;
  /** How long the far end may send nothing while it should; undefined: for ever. */
  readonly mediaTimeoutMs?: number;
}

/**
 * Silence without end, the floor of every endpoint: a channel that idles without one is hung up the moment its
 * controller dies (contracts/freeswitch section 5).
 */
const SILENCE = 'silence_stream://-1';

/**
 * The key that ends the innermost playback and only that: `uuid_break` would end everything it is nested in as well, the
 * music and the floor (measured on FreeSWITCH 1.11.1). No keypad has it (RFC 4733: event 16, flash).
 */
const STOP_KEY = 'F';

/** Hang-up cause of a channel whose far end has sent nothing for too long. */
const MEDIA_TIMEOUT = 'MEDIA_TIMEOUT';

/** FreeSWITCH ignores a string of more than 99 digits (switch_core_io.c of 1.11.1). */
const DIGIT_PIECES = /[0-9*#A-DwW]{1,99}/g;

/** From the command that ends a bridge to the event that says so. */
const UNBRIDGE_TIMEOUT_MS = 1_000;

/** One channel of a media server, driven by uuid over that server's inbound event socket, whoever created it. */
export class MediaEndpoint extends TypedEmitter<MediaEndpointEvents> {
  readonly uuid: string;
  readonly serverName: string;
  readonly localSdp: string;
  readonly #externalIp: string | undefined;
  readonly #socket: EventSocket;
  readonly #dialog: SipDialog;
  readonly #clock: Clock;
  readonly #sounds: SoundStack;
  readonly #unwatch: () => void;
  #state: 'alone' | 'bridged' | 'gone' = 'alone';
  #lastStop: 'finished' | 'stopped' = 'finished';
  /** A bridge was given up as failed: should it come about after all, nobody wants it any more. */
  #bridgeGivenUp = false;
  /** How keys come, by the first one: a far end that presses each key both ways is heard once. */
  #keysBy: 'media' | 'signalling' | undefined;
  readonly #mediaTimeoutMs: number | undefined;

  constructor(facts: EndpointFacts, socket: EventSocket, dialog: SipDialog, clock: Clock) {
    super();
    this.uuid = facts.uuid;
    this.serverName = facts.serverName;
    this.localSdp = facts.localSdp;
    this.#externalIp = facts.externalIp;
    this.#socket = socket;
    this.#dialog = dialog;
    this.#clock = clock;
    this.#sounds = new SoundStack(
      {
        start: (source, token) => socket.execute(facts.uuid, 'playback', source, token),
        breakTop: async () => void (await socket.api(`uuid_recv_dtmf ${facts.uuid} ${STOP_KEY}`)),
        standsIn: (source) => this.emit('layer-failed', source),
      },
      clock,
    );
    this.#mediaTimeoutMs = facts.mediaTimeoutMs;
    this.#unwatch = socket.watch(facts.uuid, (event) => this.#onEvent(event));
    // The reason, where there is one, comes before the event that says the same (RFC 3326).
    dialog.on('bye', (reason) => this.#end(reason.includes(MEDIA_TIMEOUT) ? MEDIA_TIMEOUT : 'media server hung up'));
  }

  /** Of the SIP dialog with the media server, by which any gateway can end or renegotiate the channel. */
  get dialogId(): string {
    return this.#dialog.id;
  }

  /** SDP of the media server's side as callers are told it; `localSdp` is for other media servers. */
  get callerSdp(): string {
    return this.#asCallersSee(this.localSdp);
  }

  get gone(): boolean {
    return this.#state === 'gone';
  }

  get isBridged(): boolean {
    return this.#state === 'bridged';
  }

  /** Lays the floor of silence; `remoteSdp` is what the endpoint was made with. */
  async start(remoteSdp: string): Promise<void> {
    // Without the second one FreeSWITCH hangs this channel up when the other one goes while a bridge is being made.
    const variables = [`playback_terminators=${STOP_KEY}`, 'uuid_bridge_park_on_cancel=true', ...this.#timeoutVariables(remoteSdp)];
    await this.#socket.api(`uuid_setvar_multi ${this.uuid} ${variables.join(';')}`);
    await this.#sounds.addLayer(SILENCE);
  }

  /** Plays a file or stream once over the layers. Aborting `signal` cuts it within a packet of the break. */
  play(source: string, signal?: AbortSignal): Promise<PlayOutcome> {
    return this.#sounds.play(source, signal);
  }

  /** Puts an endless sound under whatever is played from now on: the first of these that the media server can play. */
  addLayer(...sources: readonly [string, ...string[]]): Promise<Layer> {
    return this.#sounds.addLayer(...sources);
  }

  /** Records the channel into a file, also while it is bridged. Throws when the media server does not start. */
  record(plan: RecordingPlan): Promise<ChannelRecording> {
    return startRecording(this.#socket, this.uuid, this.#clock, plan);
  }

  /**
   * Sends DTMF digits (`0-9*#ABCD`, `w` half a second, `W` a second) to the far end; resolves when the last one has been
   * sent, or `signal` is aborted, or the channel is gone. Whatever is no digit is left out.
   */
  async sendDigits(digits: string, signal?: AbortSignal): Promise<void> {
    for (const piece of digits.match(DIGIT_PIECES) ?? []) {
      if (this.gone || signal?.aborted) return;
      await this.#sendPiece(piece, signal);
    }
  }

  async #sendPiece(digits: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#socket.api(`uuid_send_dtmf ${this.uuid} ${digits}`);
    if (this.gone || signal?.aborted) return;
    const sent = deferred<void>();
    const done = (): void => sent.resolve();
    const timer = this.#clock.after(digitsMs(digits), done);
    const off = this.on('gone', done);
    signal?.addEventListener('abort', done, { once: true });
    await sent.promise;
    timer.cancel();
    off();
    signal?.removeEventListener('abort', done);
  }

  /**
   * A key that the far end told by signalling (SIP INFO): counts like one heard, for a partner too, unless this far end's
   * keys come with its media.
   */
  async receiveKey(digit: string): Promise<void> {
    if (this.gone || this.#keysBy === 'media') return;
    this.#keysBy = 'signalling';
    await this.#socket.api(`uuid_recv_dtmf ${this.uuid} ${digit}`);
  }

  /** Gives the media server the far end's new media (after its re-INVITE); returns our side's SDP for callers. */
  async remodel(remoteSdp: string): Promise<string> {
    const variables = this.#timeoutVariables(remoteSdp);
    // Before the re-INVITE: FreeSWITCH reads them when it takes the new media, and at no other time.
    if (variables.length > 0) await this.#socket.api(`uuid_setvar_multi ${this.uuid} ${variables.join(';')}`);
    const outcome = await this.#dialog.reinvite(remoteSdp);
    if (outcome.outcome === 'refused') {
      throw new GatewayError('media-refused', `the media server refused the new media: ${outcome.status}`, { sipStatus: 488 });
    }
    return this.#asCallersSee(outcome.sdp);
  }

  /** Joins this channel with another one of the same media server. Resolves when audio flows or it cannot. */
  async bridgeWith(otherUuid: string, withinMs: number): Promise<'bridged' | 'failed'> {
    if (this.#state !== 'alone') return 'failed';
    this.#bridgeGivenUp = false;
    // The reply comes before the bridge is live (contracts/freeswitch section 6), the event when it is.
    const live = deferred<'bridged' | 'failed'>();
    const fail = (): void => live.resolve('failed');
    const off = [this.on('bridged', () => live.resolve('bridged')), this.on('parked', fail), this.on('gone', fail)];
    const timer = this.#clock.after(withinMs, fail);
    try {
      const reply = await this.#socket.api(`uuid_bridge ${this.uuid} ${otherUuid}`);
      if (reply.startsWith('+OK') && (await live.promise) === 'bridged') return 'bridged';
    } finally {
      timer.cancel();
      for (const stop of off) stop();
    }
    this.#bridgeGivenUp = true;
    // FreeSWITCH may have ended what played before it found out that there is nobody to bridge with.
    if (this.#sounds.isBare) await this.#sounds.addLayer(SILENCE);
    return 'failed';
  }

  /** Takes the channel out of its bridge; both sides stay up and alone. Resolves when it is out: what is played then is heard. */
  async unbridge(): Promise<void> {
    if (this.#state !== 'bridged') return;
    const out = deferred<void>();
    const off = [this.on('unbridged', () => out.resolve()), this.on('gone', () => out.resolve())];
    const timer = this.#clock.after(UNBRIDGE_TIMEOUT_MS, () => out.resolve());
    try {
      const reply = await this.#socket.api(`uuid_transfer ${this.uuid} park inline`);
      if (reply.startsWith('+OK')) await out.promise;
    } finally {
      timer.cancel();
      for (const stop of off) stop();
    }
  }

  /** Ends the channel. Safe to call twice. */
  async release(): Promise<void> {
    if (this.gone) return;
    this.#end('released');
    try {
      await this.#dialog.bye();
    } catch {
      // The dialog may be gone already; the channel must not stay behind.
      await this.#socket.api(`uuid_kill ${this.uuid}`).catch(() => undefined);
    }
  }

  #onEvent(event: ChannelEvent): void {
    switch (event.name) {
      case 'CHANNEL_EXECUTE_COMPLETE': {
        const response = event.header('Application-Response') ?? '';
        const failed = response === 'FILE NOT FOUND' || response === 'PLAYBACK ERROR';
        this.#sounds.completed(event.header('Application-UUID') ?? '', failed ? 'failed' : this.#lastStop);
        return;
      }
      case 'PLAYBACK_STOP':
        // Comes right before the completion of the sound it is about, which does not say how that ended.
        this.#lastStop = event.header('Playback-Status') === 'break' ? 'stopped' : 'finished';
        return;
      case 'DTMF': {
        this.#onDigit(event.header('DTMF-Digit'), event.header('DTMF-Source'));
        return;
      }
      case 'CHANNEL_BRIDGE':
        this.#onBridged();
        return;
      case 'CHANNEL_PARK':
        if (this.#state === 'alone') this.emit('parked');
        this.#onUnbridged();
        return;
      case 'CHANNEL_UNBRIDGE':
        this.#onUnbridged();
        return;
      case 'CHANNEL_HANGUP':
      case 'CHANNEL_HANGUP_COMPLETE':
        this.#end(event.header('Hangup-Cause') ?? 'hangup');
        return;
      default:
    }
  }

  #onDigit(digit: string | undefined, source: string | undefined): void {
    if (digit === undefined || digit === STOP_KEY) return;
    // `APP`: pressed by us with uuid_recv_dtmf.
    if (source !== 'APP') {
      if (this.#keysBy === 'signalling') return;
      this.#keysBy = 'media';
    }
    this.emit('digit', digit);
  }

  #asCallersSee(sdp: string): string {
    return this.#externalIp === undefined ? sdp : withMediaAddress(sdp, this.#externalIp);
  }

  #timeoutVariables(remoteSdp: string): string[] {
    if (this.#mediaTimeoutMs === undefined) return [];
    return [`media_timeout=${mediaTimeoutFor(remoteSdp, this.#mediaTimeoutMs)}`, `media_hold_timeout=${NEVER_MS}`];
  }

  #onBridged(): void {
    if (this.#state !== 'alone') return;
    this.#state = 'bridged';
    // A bridge stops everything that plays on the channel (contracts/freeswitch section 6).
    this.#sounds.dropAll('stopped');
    if (this.#bridgeGivenUp) void this.unbridge().catch(() => undefined);
    else this.emit('bridged');
  }

  #onUnbridged(): void {
    if (this.#state !== 'bridged') return;
    this.#state = 'alone';
    void this.#sounds.addLayer(SILENCE);
    this.emit('unbridged');
  }

  #end(cause: string): void {
    if (this.gone) return;
    this.#state = 'gone';
    this.#unwatch();
    this.#sounds.dropAll('gone');
    this.emit('gone', cause);
  }
}
