import { GatewayError, newSid, TypedEmitter } from '../../../src/lib';
import type { History } from './history';
import type { Life } from './life';
import { SLOWER } from './pace';

/** A gateway, as the relay offers calls to it. */
export interface Callee {
  readonly id: string;
  readonly life: Life;
  receive(phone: Phone, isReplay: boolean): void;
}

/** From the last packet of a far end until the media server ends its channel. */
const MEDIA_TIMEOUT_MS = 4_000 * SLOWER;

export type ChannelEvent = 'bridged' | 'unbridged' | 'gone';

/** One phone with its call: the dialog that the relay keeps for it and its channel on the media server. They outlive gateways. */
export class Phone {
  /** Names its dialog and its channel as well. */
  readonly callSid = newSid('CA');
  state: 'calling' | 'answered' | 'ended' = 'calling';
  channel: 'none' | 'up' | 'gone' = 'none';
  /** Of the gateway that has the channel by the media server's books. */
  channelOwner = '';
  partner: Phone | undefined;
  dialog: PhoneDialog | undefined;
  offeredTo: Callee | undefined;
  offers = 0;
  epoch = 0;
  hasLeft = false;
  /** Told when it gives up before the answer. */
  whenCancelled: (() => void) | undefined;
  readonly listeners = new Set<(event: ChannelEvent) => void>();
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(readonly from: string) {
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Resolves when its call is over for it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  over(): void {
    this.state = 'ended';
    this.#end();
  }
}

/** One gateway's hold of a phone's dialog. */
export class PhoneDialog extends TypedEmitter<{ bye: [reason: string]; info: [contentType: string, body: string] }> {
  ended = false;
  readonly id: string;

  constructor(readonly phone: Phone, private readonly side: PhoneSide, readonly gateway: Callee) {
    super();
    this.id = phone.callSid;
  }

  onOffer(): void {
    // No phone of these tests holds.
  }

  onRefer(): void {
    // Nor does one transfer.
  }

  hungUp(): void {
    this.gateway.life.hear(() => {
      if (this.ended) return;
      this.ended = true;
      this.emit('bye', 'hung up');
    });
  }

  bye(): Promise<void> {
    if (this.ended) return Promise.resolve();
    this.ended = true;
    return this.gateway.life.effect('BYE', async () => this.side.bye(this));
  }
}

/** The relay and the media server as gateways meet them, and the phones behind. */
export class PhoneSide {
  readonly phones = new Map<string, Phone>();
  readonly gateways: Callee[] = [];
  /** The media server has no room and joins nobody (F7, F22). */
  refusesMedia = false;

  constructor(private readonly history: History, private readonly random: () => number) {}

  /** The relay offers a new call to a gateway; one whose gateway died before it answered, to one other. */
  call(phone: Phone): void {
    this.phones.set(phone.callSid, phone);
    this.#offer(phone);
  }

  hangUp(phone: Phone): void {
    if (phone.state === 'ended') return;
    phone.hasLeft = true;
    if (phone.state === 'answered') phone.dialog?.hungUp();
    else phone.whenCancelled?.();
    this.#end(phone, 'hung-up');
  }

  answer(phone: Phone, gateway: Callee): PhoneDialog {
    const dialog = new PhoneDialog(phone, this, gateway);
    phone.dialog = dialog;
    phone.channel = 'up';
    phone.channelOwner = gateway.id;
    if (phone.state === 'calling') {
      phone.state = 'answered';
      this.history.add({ what: 'answered', callSid: phone.callSid });
    } else dialog.hungUp();
    return dialog;
  }

  /** Only whom the relay has asked may answer. */
  refuse(phone: Phone, gateway: Callee): void {
    if (phone.state === 'calling' && phone.offeredTo === gateway) this.#end(phone, 'refused');
  }

  bye(dialog: PhoneDialog): void {
    const { phone, gateway } = dialog;
    // The relay has closed the connection of one that was frozen, and lets nobody speak in a dialog that another gateway has.
    const isFenced = !this.gateways.includes(gateway) || (phone.dialog && phone.dialog.gateway !== gateway);
    if (isFenced) gateway.life.die('fenced by the relay');
    else if (phone.dialog === dialog) this.#end(phone, 'dropped');
  }

  /** What the relay replies to `adopt`. */
  takeOver(dialogId: string, epoch: number, gateway: Callee): { dialog: PhoneDialog; outcome: Promise<{ outcome: string }> } {
    const phone = this.phones.get(dialogId);
    const dialog = new PhoneDialog(phone ?? new Phone(''), this, gateway);
    const outcome = gateway.life.effect('adopt', async () => {
      if (!phone || phone.channel === 'none') return { outcome: 'unknown' };
      if (epoch <= phone.epoch) return { outcome: 'stale' };
      const former = phone.dialog?.gateway;
      if (former !== gateway) former?.life.hear(() => former.life.die('fenced by the relay'));
      phone.epoch = epoch;
      phone.dialog = dialog;
      if (phone.state === 'ended' && !phone.hasLeft) return { outcome: 'unknown' };
      if (phone.hasLeft) setImmediate(() => dialog.hungUp());
      return { outcome: 'adopted' };
    });
    return { dialog, outcome };
  }

  adoptChannel(uuid: string, gatewayId: string): Phone | undefined {
    const phone = this.phones.get(uuid);
    if (phone?.channel !== 'up') return undefined;
    phone.channelOwner = gatewayId;
    return phone;
  }

  /** A new channel. */
  admitMedia(): void {
    if (this.refusesMedia) throw new GatewayError('media-full', 'the media server refuses');
  }

  /** `uuid_bridge`: whoever was joined with somebody else is not any more. */
  join(one: Phone, otherUuid: string): boolean {
    const other = this.phones.get(otherUuid);
    this.admitMedia();
    if (!other || one.channel !== 'up' || other.channel !== 'up') return false;
    if (one.partner === other) return true;
    const stolenFrom = [one.partner, other.partner].flatMap((partner) => (partner ? [partner.callSid] : []));
    this.part(one);
    this.part(other);
    [one.partner, other.partner] = [other, one];
    this.history.add({ what: 'joined', callSids: [one.callSid, other.callSid], stolenFrom });
    this.#tell('bridged', one, other);
    return true;
  }

  part(phone: Phone): void {
    const { partner } = phone;
    if (!partner) return;
    phone.partner = partner.partner = undefined;
    this.history.add({ what: 'parted', callSids: [phone.callSid, partner.callSid] });
    this.#tell('unbridged', phone, partner);
  }

  endChannel(phone: Phone): void {
    if (phone.channel !== 'up') return;
    this.part(phone);
    phone.channel = 'gone';
    this.#tell('gone', phone);
    this.#forget(phone);
  }

  /** Channels that a dead gateway has left. */
  orphansOf(gatewayId: string): Phone[] {
    return [...this.phones.values()].filter(({ channel, channelOwner }) => channel === 'up' && channelOwner === gatewayId);
  }

  endOrphans(orphans: readonly Phone[]): void {
    for (const phone of orphans) {
      this.endChannel(phone);
      // Answered, and its gateway died before anybody could know: it hears nothing, and hangs up.
      if (phone.state === 'answered') this.#end(phone, 'stranded');
    }
  }

  /** Its connection is closed: what it was asked and has not answered is offered to another gateway. */
  gatewayDied(gateway: Callee): void {
    this.gateways.splice(this.gateways.indexOf(gateway), 1);
    for (const phone of [...this.phones.values()]) {
      if (phone.dialog?.gateway === gateway) phone.dialog = undefined;
      if (phone.offeredTo === gateway && phone.state === 'calling') this.#offer(phone);
    }
  }

  #offer(phone: Phone): void {
    const gateway = this.gateways[Math.floor(this.random() * this.gateways.length)];
    phone.offers += 1;
    phone.offeredTo = gateway;
    if (!gateway || phone.offers > 2) return this.#end(phone, 'refused');
    gateway.life.hear(() => gateway.receive(phone, phone.offers > 1));
  }

  #end(phone: Phone, what: 'refused' | 'hung-up' | 'dropped' | 'stranded'): void {
    if (phone.state === 'ended') return;
    phone.over();
    this.history.add({ what, callSid: phone.callSid });
    if (phone.channel === 'up') setTimeout(() => this.endChannel(phone), MEDIA_TIMEOUT_MS).unref();
    this.#forget(phone);
  }

  #forget(phone: Phone): void {
    if (phone.state === 'ended' && phone.channel !== 'up') this.phones.delete(phone.callSid);
  }

  #tell(event: ChannelEvent, ...phones: Phone[]): void {
    for (const phone of phones) for (const listener of phone.listeners) setImmediate(listener, event);
  }
}
