import { type Clock, deferred, type Deferred, firstOf, GatewayError, messageOf, pause, TypedEmitter } from '../lib';
import type { SipDialog } from '../dialogs';
import { withMediaAddress } from '../protocol/sdp';
import type { ChannelEvent, EventSocket } from './event-socket';
import { mediaTimeoutFor, NEVER_MS } from './media-watch';

export interface ChannelFacts {
  readonly uuid: string;
  readonly serverName: string;
  /** SDP of the media server's side. */
  readonly localSdp: string;
  /** The far end's SDP that it was made for. */
  readonly remoteSdp: string;
  /** The address that callers reach the media server at, where it is not the one in its SDP. */
  readonly externalIp?: string | undefined;
  /** How long the far end may send nothing while it should; undefined: for ever. */
  readonly mediaTimeoutMs?: number;
}

interface MediaChannelEvents extends Record<string, unknown[]> {
  event: [ChannelEvent];
  /** It is over, whoever ended it; `MEDIA_TIMEOUT`: its far end has sent nothing for too long; `released`: by us. */
  ended: [cause: string];
  /** The media server has confirmed that we have ended it. */
  confirmed: [];
  /** Its media server is lost, or ends all that it has; `heardAt`: when it was last known to live (monotonic ms). */
  lost: [heardAt: number];
  /** Its media server ends all that it has; `lost` and `dead` follow. */
  cleared: [];
  /** Its media server is back, and has it still. */
  found: [];
  /** Lost for good: its media server is back, or has ended, without it. */
  dead: [];
}

/** FreeSWITCH writes this for a variable that is not there. */
const UNDEFINED = '_undef_';

/** Hang-up cause of a channel whose far end has sent nothing for too long. */
export const MEDIA_TIMEOUT = 'MEDIA_TIMEOUT';

/** Causes of a media server that ends whatever it has: it stops, or an operator makes room (`hupall`). */
const SHUTDOWN_CAUSES = ['SYSTEM_SHUTDOWN', 'MANAGER_REQUEST'] as const;

/**
 * FreeSWITCH does not know a channel any more some ms before it tells why, by event or BYE (16 ms seen on 1.11.3-dev with one that
 * an operator ends): a caller who is to move must not be ended meanwhile.
 */
const CAUSE_WITHIN_MS = 500;

/** `uuid_bridge` takes 70 to 80 ms (contracts/freeswitch section 10); one that takes longer than this never comes about. */
const JOINED_WITHIN_MS = 1_000;

/** A media server that has not answered a BYE by then is frozen, and whoever waits for it would wait for as long as SIP does. */
const RELEASED_WITHIN_MS = 1_500;

/** One channel of one media server, by its uuid: whoever created it, and also on another event socket than at first. */
export class MediaChannel extends TypedEmitter<MediaChannelEvents> {
  readonly #facts: ChannelFacts;
  readonly #dialog: SipDialog;
  readonly #clock: Clock;
  #socket: EventSocket;
  #unwatch: () => void;
  #state: 'up' | 'lost' | 'dead' | 'ended' = 'up';
  #remoteSdp: string;
  /** Resolves when a bridge that is being made for this channel is there, or will not be. */
  #joining: Deferred<void> | undefined;
  #released: Promise<void> | undefined;

  constructor(facts: ChannelFacts, socket: EventSocket, dialog: SipDialog, clock: Clock) {
    super();
    this.#facts = facts;
    this.#remoteSdp = facts.remoteSdp;
    this.#socket = socket;
    this.#dialog = dialog;
    this.#clock = clock;
    this.#unwatch = socket.watch(facts.uuid, (event) => this.#onEvent(event));
    // The reason, where there is one, comes before the event that says the same (RFC 3326).
    dialog.on('bye', (reason) => this.#hungUp(reason));
  }

  get uuid(): string {
    return this.#facts.uuid;
  }

  get serverName(): string {
    return this.#facts.serverName;
  }

  get localSdp(): string {
    return this.#facts.localSdp;
  }

  /** The far end's SDP that it was told last. */
  get remoteSdp(): string {
    return this.#remoteSdp;
  }

  /** SDP of the media server's side as callers are told it; `localSdp` is for other media servers. */
  get callerSdp(): string {
    return this.#asCallersSee(this.localSdp);
  }

  /** Of the SIP dialog with the media server, by which any gateway can end or renegotiate the channel. */
  get dialogId(): string {
    return this.#dialog.id;
  }

  get socket(): EventSocket {
    return this.#socket;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Lost, and it is known that its media server does not have it any more. */
  get isDead(): boolean {
    return this.#state === 'dead';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Runs an api command about this channel: `uuid_<name> <uuid> <rest>`. */
  api(name: string, rest = ''): Promise<string> {
    return this.#socket.api(`uuid_${name} ${this.uuid}${rest === '' ? '' : ` ${rest}`}`);
  }

  /** The same where it does not matter that the channel is lost, and the command with it. */
  async tell(name: string, rest = ''): Promise<string> {
    try {
      return await this.api(name, rest);
    } catch (error) {
      if (this.isUp || this.isEnded) throw error;
      return '-ERR lost';
    }
  }

  /** Whether it is in a bridge; undefined when there is no such channel. */
  async isJoined(): Promise<boolean | undefined> {
    const partner = await this.tell('getvar', 'bridge_to');
    return partner.startsWith('-ERR') ? undefined : partner.trim() !== UNDEFINED;
  }

  /** Joins it with another channel of its server. The reply comes before the bridge is live, which CHANNEL_BRIDGE tells. */
  async join(otherUuid: string): Promise<string> {
    const joining = deferred<void>();
    this.#joining = joining;
    const timer = this.#clock.after(JOINED_WITHIN_MS, () => joining.resolve());
    void joining.promise.then(() => {
      timer.cancel();
      if (this.#joining === joining) this.#joining = undefined;
    });
    let reply = '';
    try {
      reply = await this.tell('bridge', otherUuid);
    } finally {
      if (!reply.startsWith('+OK')) joining.resolve();
    }
    return reply;
  }

  /** Starts an application; its completion carries `token`. */
  execute(application: string, argument: string, token: string): Promise<void> {
    return this.#socket.execute(this.uuid, application, argument, token);
  }

  /** Sets what holds for the whole life of the channel. */
  async prepare(variables: readonly string[]): Promise<void> {
    await this.api('setvar_multi', [...variables, ...this.#timeoutVariables(this.remoteSdp)].join(';'));
  }

  /** Gives the media server the far end's new media; returns our side's SDP for callers. Throws `media-refused`. */
  async remodel(remoteSdp: string): Promise<string> {
    const variables = this.#timeoutVariables(remoteSdp);
    // Before the re-INVITE: FreeSWITCH reads them when it takes the new media, and at no other time.
    if (variables.length > 0) await this.api('setvar_multi', variables.join(';'));
    const outcome = await this.#whileUp(this.#dialog.reinvite(remoteSdp));
    if (outcome.outcome === 'refused') {
      throw new GatewayError('media-refused', `the media server refused the new media: ${outcome.status}`, { sipStatus: 488 });
    }
    this.#remoteSdp = remoteSdp;
    return this.#asCallersSee(outcome.sdp);
  }

  /** Ends the channel. Safe to call twice. Does not wait for a media server that is lost: it is told when it is back. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** Ends it; resolves when its media server has done so, or does not answer. */
  async untilReleased(): Promise<void> {
    const answered = new AbortController();
    void this.release().finally(() => answered.abort());
    await pause(this.#clock, RELEASED_WITHIN_MS, answered.signal);
  }

  async #release(): Promise<void> {
    if (this.#state === 'ended') return;
    const { isUp } = this;
    this.#end('released');
    const told = this.#bye().catch(async () => {
      // The dialog may be gone already; the channel must not stay behind.
      if (isUp) await this.api('kill');
    }).then(() => this.emit('confirmed'), () => undefined);
    if (isUp) await told;
  }

  /** The media server is lost; `heardAt`: when it was last known to live. */
  lose(heardAt: number): void {
    if (this.#state !== 'up') return;
    this.#state = 'lost';
    this.#joining?.resolve();
    this.#unwatch();
    this.emit('lost', heardAt);
  }

  /** The media server is known not to have it any more. */
  die(): void {
    if (this.#state !== 'lost') return;
    this.#state = 'dead';
    this.emit('dead');
  }

  /** It is not there, on a media server that lives. */
  vanish(): void {
    this.lose(this.#clock.monotonic());
    this.die();
  }

  /** The media server is back with it: commands go over this event socket from now on. */
  recover(socket: EventSocket): void {
    if (this.#state !== 'lost') return;
    this.#state = 'up';
    this.#socket = socket;
    this.#unwatch = socket.watch(this.uuid, (event) => this.#onEvent(event));
    this.emit('found');
  }

  /** Asks the media server, whose own connection for the channel has ended, whether the channel is there still. */
  async verify(): Promise<void> {
    // No answer: the server itself is lost, which its other connection tells.
    const answer = await this.api('exists').catch(messageOf);
    if (answer.trim() !== 'false' || !this.isUp) return;
    await firstOf(this, ['ended', 'lost'], { clock: this.#clock, ms: CAUSE_WITHIN_MS });
    if (this.isUp) this.#hungUp('hung up by the media server');
  }

  /** FreeSWITCH hangs up the other channel of a bridge as well when this one goes while the bridge is being made (1.11.3-dev). */
  async #bye(): Promise<void> {
    if (this.#joining) await this.#joining.promise;
    await this.#dialog.bye();
  }

  #onEvent(event: ChannelEvent): void {
    if (event.name === 'CHANNEL_BRIDGE' || event.name === 'CHANNEL_PARK') this.#joining?.resolve();
    if (event.name === 'CHANNEL_HANGUP') this.#hungUp(event.header('Hangup-Cause') ?? 'hangup');
    else this.emit('event', event);
  }

  #hungUp(cause: string): void {
    this.#joining?.resolve();
    if (SHUTDOWN_CAUSES.some((one) => cause.includes(one))) {
      this.emit('cleared');
      this.vanish();
    } else {
      this.#end(cause.includes(MEDIA_TIMEOUT) ? MEDIA_TIMEOUT : cause || 'media server hung up');
    }
  }

  #end(cause: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // Released: the bridge that is being made is waited for.
    if (cause === 'released' && this.#joining) void this.#joining.promise.then(this.#unwatch);
    else this.#unwatch();
    this.emit('ended', cause);
  }

  /** A frozen media server answers nothing for as long as SIP waits, which is half a minute. */
  async #whileUp<T>(answer: Promise<T>): Promise<T> {
    let off: (() => void)[] = [];
    const gone = new Promise<never>((_resolve, reject) => {
      const fail = (): void => reject(new GatewayError('media-disconnected', `media server ${this.serverName} is lost`));
      off = [this.on('lost', fail), this.on('ended', fail)];
      if (!this.isUp) fail();
    });
    try {
      return await Promise.race([answer, gone]);
    } finally {
      for (const stop of off) stop();
    }
  }

  #asCallersSee(sdp: string): string {
    const { externalIp } = this.#facts;
    return externalIp === undefined ? sdp : withMediaAddress(sdp, externalIp);
  }

  #timeoutVariables(remoteSdp: string): string[] {
    const { mediaTimeoutMs } = this.#facts;
    if (mediaTimeoutMs === undefined) return [];
    return [`media_timeout=${mediaTimeoutFor(remoteSdp, mediaTimeoutMs)}`, `media_hold_timeout=${NEVER_MS}`];
  }
}
