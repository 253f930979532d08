import { type Clock, deferred, GatewayError, messageOf, systemClock } from '../lib';
import type { G711Law } from '../protocol/g711';
import { formatHostPort, formatNameAddr, type HeaderFields } from '../protocol/sip';
import { type DropHook, type IncomingCall, type PeerAddress, type SipTiming, UserAgent } from '../sip-stack';
import type { PlaySpec } from './audio-source';
import { CallMedia } from './call-media';
import { IncomingPhoneCall } from './incoming-phone-call';
import { OutgoingPhoneCall } from './outgoing-phone-call';
import { PacingWheel } from './pacing-wheel';
import type { PhoneCall } from './phone-call';

export interface PhoneOptions {
  /** IP literal for SIP and RTP; default 127.0.0.1. */
  readonly host?: string;
  /** SIP port over UDP; 0 (default): any free one. */
  readonly port?: number;
  /** What is offered and accepted, in order of preference; default PCMU. */
  readonly codec?: G711Law | readonly G711Law[];
  readonly displayName?: string;
  /** User part of From and Contact; default `phone`. */
  readonly user?: string;
  /** Share one among the phones of a process to pace them all with one timer. */
  readonly wheel?: PacingWheel;
  /** false: keep no sound, only times and numbers (many calls). Default true. */
  readonly keepSound?: boolean;
  readonly clock?: Clock;
  readonly timing?: Partial<SipTiming>;
  /** Loses SIP messages on purpose. */
  readonly drop?: DropHook;
}

export interface CallOptions {
  /** User part, or a whole From value; default the phone's own. */
  readonly from?: string;
  readonly headers?: HeaderFields;
  /** What we say from the answer on; default silence. A WAV file is repeated. */
  readonly play?: PlaySpec;
  /** Unanswered calls are cancelled after this; default 60 s. */
  readonly answerTimeoutMs?: number;
  /** INVITE without SDP; our answer goes into the ACK. */
  readonly lateOffer?: boolean;
  /** Next hop when it is not what the URI says. */
  readonly destination?: PeerAddress;
}

/** How long `stop()` waits for the other sides to confirm our BYEs. */
const FAREWELL_MS = 500;

/** A SIP phone on one UDP port, for any number of calls at once. */
export class Phone {
  readonly #agent: UserAgent;
  readonly #options: PhoneOptions;
  readonly #clock: Clock;
  readonly #wheel: PacingWheel;
  readonly #host: string;
  readonly #calls = new Set<PhoneCall>();
  /** Calls whose last exchange is not over, also those that have ended for us. */
  readonly #leaving = new Set<PhoneCall>();
  #port = 0;

  private constructor(options: PhoneOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wheel = options.wheel ?? new PacingWheel(this.#clock);
    this.#host = options.host ?? '127.0.0.1';
    this.#agent = new UserAgent({
      user: this.#user, userAgent: 'Holdfast phone', clock: this.#clock,
      ...(options.timing ? { timing: options.timing } : {}), ...(options.drop ? { drop: options.drop } : {}),
    });
  }

  /** Binds the SIP port. Throws `sip-stack-bind-failed`. */
  static async start(options: PhoneOptions = {}): Promise<Phone> {
    const phone = new Phone(options);
    phone.#port = (await phone.#agent.start({ host: phone.#host, port: options.port ?? 0 })).port;
    return phone;
  }

  get #user(): string {
    return this.#options.user ?? 'phone';
  }

  get port(): number {
    return this.#port;
  }

  /** Where this phone is reached: `sip:ann@127.0.0.1:40312`. */
  get uri(): string {
    return `sip:${this.#user}@${formatHostPort({ host: this.#host, port: this.#port })}`;
  }

  /** Calls that are not over. */
  get calls(): readonly PhoneCall[] {
    return [...this.#calls];
  }

  /**
   * Places a call; resolves when the INVITE is on its way. Throws `sip-stack-unresolved-target`,
   * `phone-wav-unreadable`.
   */
  async call(uri: string, options: CallOptions = {}): Promise<OutgoingPhoneCall> {
    const media = await this.#openMedia();
    try {
      if (options.play !== undefined) await media.play(options.play);
      const lateOffer = options.lateOffer ?? false;
      const sip = this.#agent.invite({
        uri, from: this.#from(options.from),
        ...(lateOffer ? {} : { body: media.offer() }),
        ...(options.headers ? { headers: options.headers } : {}),
        ...(options.destination ? { destination: options.destination } : {}),
      });
      const answerTimeoutMs = options.answerTimeoutMs ?? 60_000;
      return this.#keep(new OutgoingPhoneCall(sip, media, this.#clock, { answerTimeoutMs, lateOffer }));
    } catch (error) {
      media.close();
      throw error;
    }
  }

  /** Who takes calls that come to us; without a listener callers get 480. */
  onIncoming(listener: (call: IncomingPhoneCall) => void): void {
    this.#agent.onInvite((sip) => void this.#receive(sip, listener));
  }

  /** The next call that comes to us (it replaces any earlier listener). Throws `phone-no-incoming-call`. */
  nextIncoming({ withinMs }: { withinMs: number }): Promise<IncomingPhoneCall> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(withinMs, () =>
        reject(new GatewayError('phone-no-incoming-call', `nobody called ${this.uri} within ${withinMs} ms`)));
      this.onIncoming((call) => {
        timer.cancel();
        resolve(call);
      });
    });
  }

  /** Ends all calls properly, waits at most half a second for the other sides, and closes the port. */
  async stop(): Promise<void> {
    for (const call of this.#calls) void call.hangup();
    const farewells = Promise.allSettled([...this.#leaving].map((call) => call.farewell));
    const patience = deferred<void>();
    const timer = this.#clock.after(FAREWELL_MS, () => patience.resolve());
    await Promise.race([farewells, patience.promise]);
    timer.cancel();
    // A datagram leaves in the next turn of the event loop; closing its socket before would lose our last response.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#agent.stop();
  }

  async #receive(sip: IncomingCall, listener: (call: IncomingPhoneCall) => void): Promise<void> {
    let media: CallMedia;
    try {
      media = await this.#openMedia();
    } catch (error) {
      sip.reject(500, { Reason: `SIP;cause=500;text="${messageOf(error).replace(/"/g, "'")}"` });
      return;
    }
    // The caller may have given up while the port was opened.
    if (sip.pending) listener(this.#keep(new IncomingPhoneCall(sip, media, this.#clock)));
    else media.close();
  }

  #keep<Call extends PhoneCall>(call: Call): Call {
    this.#calls.add(call);
    this.#leaving.add(call);
    call.on('ended', () => {
      this.#calls.delete(call);
      // `farewell` is ours only after the event: hangup() emits it while it sends the BYE.
      queueMicrotask(() => void call.farewell.finally(() => this.#leaving.delete(call)));
    });
    return call;
  }

  #openMedia(): Promise<CallMedia> {
    const codec = this.#options.codec ?? 'PCMU';
    return CallMedia.open({
      host: this.#host, codecs: typeof codec === 'string' ? [codec] : codec, wheel: this.#wheel, clock: this.#clock,
      keepSound: this.#options.keepSound ?? true,
    });
  }

  #from(from: string | undefined): string {
    if (from !== undefined && from.includes(':')) return from;
    const uri = `sip:${from ?? this.#user}@${formatHostPort({ host: this.#host, port: this.#port })}`;
    const { displayName } = this.#options;
    return formatNameAddr({ uri, params: new Map(), ...(displayName === undefined ? {} : { displayName }) });
  }
}
