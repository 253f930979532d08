import { TypedEmitter } from '../../../src/lib';
import type { Call, Leg, TerminationReason } from '../../../src/calls';
import { terminations } from '../../../src/calls';
import type { Layer, MediaEndpoint, PlayOutcome } from '../../../src/media';
import type { Callee, ChannelEvent, Phone, PhoneDialog, PhoneSide } from './phone-side';

interface PhoneMediaEvents extends Record<string, unknown[]> {
  gone: [cause: string];
  bridged: [];
  unbridged: [];
}

/** A phone's channel as one gateway has it: what MediaEndpoint is to programs, without sounds. */
export class PhoneMedia extends TypedEmitter<PhoneMediaEvents> {
  readonly serverName = 'media-1';
  readonly localSdp = '';
  readonly remoteSdp = '';
  readonly callerSdp = '';
  readonly isLost = false;
  readonly isParted = false;
  readonly uuid: string;
  readonly dialogId: string;
  isBridged: boolean;
  gone = false;
  readonly #listener: (event: ChannelEvent) => void;

  constructor(readonly phone: Phone, private readonly side: PhoneSide, readonly gateway: Callee) {
    super();
    this.#listener = (event) => gateway.life.hear(() => this.#onEvent(event));
    this.uuid = this.dialogId = phone.callSid;
    this.isBridged = phone.partner !== undefined;
    phone.listeners.add(this.#listener);
  }

  get asEndpoint(): MediaEndpoint {
    return this as unknown as MediaEndpoint;
  }

  async bridgeWith(uuid: string): Promise<'bridged' | 'failed'> {
    if (this.gone) return 'failed';
    const joined = await this.gateway.life.effect('uuid_bridge', async () => this.side.join(this.phone, uuid));
    if (!joined || this.gone) return 'failed';
    this.#onEvent('bridged');
    return 'bridged';
  }

  leftByOther(): Promise<void> {
    return this.unbridge();
  }

  async unbridge(): Promise<void> {
    if (!this.isBridged) return;
    await this.gateway.life.effect('uuid_transfer', async () => this.side.part(this.phone));
    this.#onEvent('unbridged');
  }

  async release(): Promise<void> {
    if (this.gone) return;
    this.#onEvent('gone');
    await this.gateway.life.effect('BYE to the media server', async () => this.side.endChannel(this.phone));
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  addLayer(): Promise<Layer> {
    return Promise.resolve({ remove: () => Promise.resolve() });
  }

  /** Nothing is heard, and lasts until it is cut. */
  play(_source: string, signal?: AbortSignal): Promise<PlayOutcome> {
    return new Promise((resolve) => {
      if (signal?.aborted || this.gone) return resolve('stopped');
      signal?.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
  }

  #onEvent(event: ChannelEvent): void {
    if (this.gone) return;
    if (event === 'gone') {
      this.gone = true;
      this.isBridged = false;
      this.phone.listeners.delete(this.#listener);
      this.emit('gone', 'released');
    } else if (this.isBridged !== (event === 'bridged')) {
      this.isBridged = event === 'bridged';
      this.emit(event);
    }
  }
}

/** The leg of a phone that calls, in place of the one over SIP. */
export class PhoneLeg implements Leg {
  readonly sipCallId: string;
  readonly toldSdp = '';
  #dialog: PhoneDialog | undefined;
  #media: PhoneMedia | undefined;

  constructor(private readonly call: Call, readonly phone: Phone, private readonly side: PhoneSide, readonly gateway: Callee) {
    this.sipCallId = phone.callSid;
    phone.whenCancelled = () => gateway.life.hear(() => call.end('caller-cancelled'));
  }

  get dialogId(): string | undefined {
    return this.#dialog?.id;
  }

  ring(): void {
    // Nobody listens to it.
  }

  async answer(): Promise<MediaEndpoint> {
    const { phone, side, gateway, call } = this;
    if (phone.state !== 'calling') throw new Error('the caller went away before the answer');
    // The endpoint first, then the 200, each of which takes a while.
    await gateway.life.effect('INVITE to the media server', async () => side.admitMedia());
    const dialog = await gateway.life.effect('200', async () => {
      const answered = side.answer(phone, gateway);
      answered.on('bye', () => call.end('remote-hangup'));
      return answered;
    });
    this.#dialog = dialog;
    this.#media = new PhoneMedia(phone, side, gateway);
    if (call.ended) await Promise.all([dialog.bye(), this.#media.release()]);
    return this.#media.asEndpoint;
  }

  async end(reason: TerminationReason): Promise<void> {
    const { phone, side, gateway } = this;
    const { sipStatus } = terminations[reason];
    if (phone.state === 'calling') await gateway.life.effect(String(sipStatus), async () => side.refuse(phone, gateway));
    await Promise.allSettled([this.#dialog?.bye(), this.#media?.release()]);
  }
}
