import { type Clock, firstOf, type Timer, TypedEmitter } from '../lib';
import type { ChannelEvent } from './event-socket';
import { FarKeys } from './far-keys';
import type { MediaChannel } from './media-channel';
import { type Layer, type PlayOutcome, SoundStack } from './sound-stack';
import { type ChannelRecording, type RecordingPlan, RunningRecording, startRecording } from './recording';
import { sendDigits } from './send-digits';

interface MediaEndpointEvents extends Record<string, unknown[]> {
  digit: [digit: string];
  /** It is over, whoever ended it; `MEDIA_TIMEOUT`: its far end has sent nothing for too long. */
  gone: [cause: string];
  bridged: [];
  unbridged: [];
  /** The channel was left alone by a bridge that could not be made. */
  parked: [];
  /** An endless sound, such as hold music, could not be played. */
  'layer-failed': [source: string];
  /** Its media server is lost: somebody has to bring another channel (`moveTo`), or the old one comes back. */
  lost: [];
  /** What links it with another media server (linked.ts) is there, or on other channels than before. */
  linked: [];
  /** There are media again, after so many ms. */
  back: [gapMs: number];
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

/** From the command that ends a bridge to the event that says so. */
const UNBRIDGE_TIMEOUT_MS = 1_000;

/** From the end of the other channel of a bridge to the event that says that this one is out of it: 12 to 24 ms on FreeSWITCH. */
const LEFT_WITHIN_MS = 500;

/** Why an endpoint is gone whose media server was lost, when no other media were found in time. */
export const MEDIA_LOST = 'media server lost';

/**
 * The media of one leg: what it plays and whom it is bridged with, on a channel of a media server that can be replaced by one of
 * another server. Whoever plays and bridges notices a gap; commands given meanwhile hold on the next channel.
 */
export class MediaEndpoint extends TypedEmitter<MediaEndpointEvents> {
  readonly #clock: Clock;
  readonly #sounds: SoundStack;
  readonly #keys = new FarKeys();
  /** How long a bridge that a loss has parted is waited for, in ms. */
  readonly #patienceMs: number;
  #channel: MediaChannel;
  #offChannel: readonly (() => void)[] = [];
  #state: 'alone' | 'bridged' | 'gone' = 'alone';
  #lastStop: 'finished' | 'stopped' = 'finished';
  /** Whether its bridge is over, or its media server about to be lost, is being asked. */
  #isLeft = false;
  /** A bridge was given up as failed: should it come about after all, nobody wants it any more. */
  #bridgeGivenUp = false;
  #lostAt = 0;
  /** It has a channel again, on which what was played is not played again yet: what is started now could be heard over a bridge. */
  #isComing = false;
  /** Runs while the two of a bridge that a loss has parted are not joined again. */
  #parted: Timer | undefined;

  constructor(channel: MediaChannel, clock: Clock, patienceMs: number) {
    super();
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#channel = channel;
    this.#sounds = new SoundStack(
      {
        start: (source, token) => this.#channel.execute('playback', source, token),
        breakTop: async () => void (await this.#channel.api('recv_dtmf', STOP_KEY)),
        standsIn: (source) => this.emit('layer-failed', source),
        isJoined: () => this.#channel.isJoined(),
      }, clock,
    );
    this.#listen(channel);
  }

  get uuid(): string {
    return this.#channel.uuid;
  }

  get serverName(): string {
    return this.#channel.serverName;
  }

  /** SDP of the media server's side. */
  get localSdp(): string {
    return this.#channel.localSdp;
  }

  /** The far end's SDP as the media server was told it last. */
  get remoteSdp(): string {
    return this.#channel.remoteSdp;
  }

  /** Of the SIP dialog with the media server, by which any gateway can end or renegotiate the channel. */
  get dialogId(): string {
    return this.#channel.dialogId;
  }

  /** SDP of the media server's side as callers are told it; `localSdp` is for other media servers. */
  get callerSdp(): string {
    return this.#channel.callerSdp;
  }

  get gone(): boolean {
    return this.#state === 'gone';
  }

  /** Has no media at present: its media server is lost. */
  get isLost(): boolean {
    return !this.gone && !this.#channel.isUp;
  }

  /** Lost, and the channel it had will not come back. */
  get isDead(): boolean {
    return this.#channel.isDead;
  }

  /** In a bridge, also while that is made again after a loss. */
  get isBridged(): boolean {
    return this.#state === 'bridged';
  }

  /** A loss has parted the bridge that it is in, and the two are not joined again yet. */
  get isParted(): boolean {
    return this.#parted !== undefined;
  }

  /** Resolves when there are media, or never will be again: look at `gone`. */
  settled(): Promise<void> {
    return this.isLost || this.#isComing ? firstOf(this, ['back', 'gone']).then(() => undefined) : Promise.resolve();
  }

  /** Resolves when it does not begin anew on another channel any more, as far as it has one. */
  replayed(): Promise<void> {
    return this.#isComing && !this.isLost ? firstOf(this, ['back', 'lost', 'gone']).then(() => undefined) : Promise.resolve();
  }

  /** What links it with another media server has changed. */
  linked(): void {
    this.emit('linked');
  }

  /** Lays the floor of silence. */
  async start(): Promise<void> {
    await this.#prepare();
    await this.#sounds.addLayer(SILENCE);
  }

  /**
   * Takes over a channel that another gateway has driven: in its bridge, or playing what that one left, until something of ours
   * is played. A channel that is not there any more is a lost one.
   */
  async resume(): Promise<void> {
    const isJoined = await this.#channel.isJoined();
    if (isJoined === undefined) this.#channel.vanish();
    else if (isJoined) this.#onBridged();
    else if (!this.isBridged && !this.gone) this.#sounds.coverLater(SILENCE);
  }

  /** Goes on with another channel, on which what was played is played; the old one is ended. */
  async moveTo(channel: MediaChannel): Promise<void> {
    if (!this.isLost) return channel.release();
    const old = this.#channel;
    this.#isComing = true;
    this.#listen(channel);
    void old.release();
    try {
      await this.#prepare();
      await this.#resume();
    } catch (error) {
      // Lost again: whoever brought this channel brings another one.
      if (this.#channel === channel && channel.isUp) throw error;
    }
  }

  /** No other media were found. */
  giveUp(): void {
    if (!this.isLost) return;
    this.#end(MEDIA_LOST);
    void this.#channel.release();
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
    return startRecording(this.#channel.socket, this.uuid, this.#clock, plan);
  }

  /** A recording that another gateway has started into this path. */
  resumeRecording(path: string): ChannelRecording {
    return new RunningRecording(this.#channel.socket, this.uuid, this.#clock, path);
  }

  /**
   * Sends DTMF digits (`0-9*#ABCD`, `w` half a second, `W` a second) to the far end; whatever is no digit is left out. Resolves
   * when the last one has been sent, or `signal` is aborted.
   */
  sendDigits(digits: string, signal?: AbortSignal): Promise<void> {
    return sendDigits(this, (piece) => this.#channel.tell('send_dtmf', piece), digits, this.#clock, signal);
  }

  /**
   * A key that the far end told by signalling (SIP INFO): counts like one heard, for a partner too, unless this far end's
   * keys come with its media.
   */
  async receiveKey(digit: string): Promise<void> {
    if (this.gone || !this.#keys.counts('signalling')) return;
    if (this.isLost) this.emit('digit', digit);
    else await this.#channel.tell('recv_dtmf', digit);
  }

  /** Gives the media server the far end's new media (after its re-INVITE); returns our side's SDP for callers. */
  remodel(remoteSdp: string): Promise<string> {
    return this.#channel.remodel(remoteSdp);
  }

  /** Joins this channel with another one of the same media server. Resolves when audio flows or it cannot. */
  async bridgeWith(otherUuid: string, withinMs: number): Promise<'bridged' | 'failed'> {
    if (this.isLost || this.#isComing || (this.#state !== 'alone' && !this.#parted)) return 'failed';
    this.#bridgeGivenUp = false;
    this.#sounds.coverNoMore();
    // The reply comes before the bridge is live (contracts/freeswitch section 6), the event when it is.
    const live = firstOf(this, ['bridged', 'parked', 'gone', 'lost'], { clock: this.#clock, ms: withinMs });
    const reply = await this.#channel.join(otherUuid);
    if (reply.startsWith('+OK') && (await live) === 'bridged') return 'bridged';
    this.#bridgeGivenUp = true;
    // Whoever is to have the other one next comes when this bridge is over: two that are made at once FreeSWITCH gets stuck in.
    if (this.gone) await this.#channel.untilReleased();
    // FreeSWITCH may have ended what played before it found out that there is nobody to bridge with.
    if (this.#sounds.isBare && !this.isLost) await this.#sounds.addLayer(SILENCE);
    return 'failed';
  }

  /** Takes the channel out of its bridge; both sides stay up and alone. Resolves when it is out: what is played then is heard. */
  async unbridge(): Promise<void> {
    if (this.#state !== 'bridged') return;
    // Parted by a loss: there is nothing to take it out of.
    if (this.isLost || this.#parted) return this.#onUnbridged();
    const out = firstOf(this, ['unbridged', 'gone', 'lost'], { clock: this.#clock, ms: UNBRIDGE_TIMEOUT_MS });
    const reply = await this.#channel.tell('transfer', 'park inline');
    if (reply.startsWith('+OK')) await out;
    if (this.isLost) this.#onUnbridged();
  }

  /** The other side ends the bridge: FreeSWITCH may hang up who is taken out of it in the same moment (1 of 700 seen). */
  async leftByOther(): Promise<void> {
    if (this.isBridged && !this.isLost) await firstOf(this, ['unbridged', 'gone', 'lost'], { clock: this.#clock, ms: LEFT_WITHIN_MS });
    await this.unbridge();
  }

  /** Ends the endpoint. Safe to call twice. */
  async release(): Promise<void> {
    if (this.gone) return;
    this.#end('released');
    await this.#channel.release();
  }

  #listen(channel: MediaChannel): void {
    for (const off of this.#offChannel) off();
    this.#channel = channel;
    this.#offChannel = [
      channel.on('event', (event) => this.#onEvent(event)),
      channel.on('ended', (cause) => this.#end(cause)),
      channel.on('lost', (heardAt) => this.#onLost(heardAt)),
      channel.on('found', () => void this.#onFound()),
    ];
  }

  /** Without the second one FreeSWITCH hangs this channel up when the other one goes while a bridge is being made. */
  #prepare(): Promise<void> {
    return this.#channel.prepare([`playback_terminators=${STOP_KEY}`, 'uuid_bridge_park_on_cancel=true']);
  }

  #onLost(heardAt: number): void {
    if (this.gone) return;
    this.#lostAt = heardAt;
    this.#isLeft = false;
    this.#sounds.suspend(heardAt);
    if (this.#state === 'bridged') this.#parted ??= this.#clock.after(this.#patienceMs, () => this.#onUnbridged());
    this.emit('lost');
  }

  /** The media server was away for a moment, and what the channel has played meanwhile is not known: it begins anew. */
  async #onFound(): Promise<void> {
    if (await this.#channel.isJoined()) {
      this.#onBridged();
      this.emit('back', this.#clock.monotonic() - this.#lostAt);
      return;
    }
    this.#isComing = true;
    await this.#channel.tell('break', 'all');
    await this.#resume();
  }

  async #resume(): Promise<void> {
    await this.#sounds.resume();
    if (this.#sounds.isBare) await this.#sounds.addLayer(SILENCE);
    if (!this.#channel.isUp) return;
    this.#isComing = false;
    this.emit('back', this.#clock.monotonic() - this.#lostAt);
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
      case 'DTMF':
        this.#onDigit(event.header('DTMF-Digit'), event.header('DTMF-Source'));
        return;
      case 'CHANNEL_BRIDGE':
        this.#onBridged();
        return;
      case 'CHANNEL_PARK':
        if (this.#state === 'alone' || this.#parted) this.emit('parked');
        else void this.#onLeft();
        return;
      case 'CHANNEL_UNBRIDGE':
        void this.#onLeft();
        return;
      default:
    }
  }

  #onDigit(digit: string | undefined, source: string | undefined): void {
    if (digit === undefined || digit === STOP_KEY) return;
    // `APP`: pressed by us with uuid_recv_dtmf.
    if (source === 'APP' || this.#keys.counts('media')) this.emit('digit', digit);
  }

  /** A media server that stops ends a bridge before the second channel of it: only one that stays has been left. */
  async #onLeft(): Promise<void> {
    if (this.#state !== 'bridged' || this.#parted || this.#isLeft) return;
    this.#isLeft = true;
    // Answered behind whatever the media server has to say of the channel by then.
    await this.#channel.tell('exists', '').catch(() => undefined);
    if (this.#isLeft && !this.#parted) this.#onUnbridged();
    this.#isLeft = false;
  }

  #onBridged(): void {
    if (this.#isLeft) this.#onUnbridged();
    if (this.#state !== 'alone' && !this.#parted) return;
    this.#state = 'bridged';
    this.#parted?.cancel();
    this.#parted = undefined;
    // A bridge stops everything that plays on the channel (contracts/freeswitch section 6).
    this.#sounds.dropAll('stopped');
    if (this.#bridgeGivenUp) void this.unbridge().catch(() => undefined);
    else this.emit('bridged');
  }

  #onUnbridged(): void {
    this.#isLeft = false;
    if (this.#state !== 'bridged') return;
    this.#state = 'alone';
    this.#parted?.cancel();
    this.#parted = undefined;
    if (this.#sounds.isBare) void this.#sounds.addLayer(SILENCE);
    this.emit('unbridged');
  }

  #end(cause: string): void {
    if (this.gone) return;
    this.#state = 'gone';
    this.#parted?.cancel();
    for (const off of this.#offChannel) off();
    this.#sounds.dropAll('gone');
    this.emit('gone', cause);
  }
}
