import { newUuid } from '../../../lib';
import { relayedKey } from '../../../protocol/dtmf';
import type { AudioCodec } from '../../../protocol/sdp';
import type { SipRequest } from '../../../protocol/sip';
import type { IncomingCall, IncomingReinvite, ServerTransaction } from '../../../sip-stack';
import { Channel, type ChannelSurroundings } from '../channel/channel';
import { reasonHeader } from '../channel/causes';
import type { StreamListener } from '../rtp/rtp-engine';
import { DIALPLAN_VARIABLES, inviteVariables, mediaVariables, partiesOf } from './call-variables';
import { MediaNegotiation, type Negotiated } from './media-negotiation';

/** Of a key whose message does not say. */
const DEFAULT_KEY_MS = 250;

export interface MediaCallOptions {
  readonly around: ChannelSurroundings;
  /** Address written into SDP. */
  readonly mediaAddress: string;
  /** In the order in which we want them. */
  readonly codecs: readonly AudioCodec[];
  /** Hang up with MEDIA_TIMEOUT after so long without packets; 0 never. */
  readonly mediaTimeoutMs: number;
  /** The channel is answered and has its media: the dialplan takes over. */
  readonly answered: (channel: Channel) => void;
  /** Commands can find the channel from now on. */
  readonly created: (channel: Channel) => void;
  /** Gives back the place that admission took; called once. */
  readonly release: () => void;
}

/** One INVITE: its media, its channel, and what the dialog brings afterwards. */
export class MediaCall {
  readonly uuid = newUuid();
  readonly #call: IncomingCall;
  readonly #options: MediaCallOptions;
  #negotiation: MediaNegotiation | undefined;
  #port = 0;
  #channel: Channel | undefined;
  #over = false;
  #released = false;

  constructor(call: IncomingCall, options: MediaCallOptions) {
    this.#call = call;
    this.#options = options;
    call.on('cancelled', () => this.#giveUp());
    call.on('ended', (end) => {
      if (end.by === 'local') return;
      this.#over = true;
      this.#channel?.hangUp(end.by === 'remote' ? 'NORMAL_CLEARING' : 'RECOVERY_ON_TIMER_EXPIRE');
      if (!this.#channel) this.#giveUp();
    });
  }

  /** Opens the media and answers; refuses with 488 or 503 when that cannot be. */
  async start(): Promise<void> {
    const { engine, clock } = this.#options.around;
    const opened = await engine.open(this.uuid, this.#listener());
    if (opened.outcome === 'no-port') return this.#refuse(503, { 'Retry-After': '300' });
    if (!this.#call.pending) {
      engine.close(this.uuid);
      return;
    }
    this.#port = opened.port;
    this.#negotiation = new MediaNegotiation(
      this.#options.mediaAddress, opened.port, clock.now(), this.#options.codecs,
    );
    const offer = this.#call.invite.body.toString();
    if (offer === '') this.#answerWithOffer(this.#negotiation);
    else this.#answerOffer(this.#negotiation, offer);
  }

  #answerOffer(negotiation: MediaNegotiation, offer: string): void {
    const agreed = negotiation.answer(offer);
    if (agreed.outcome === 'unacceptable') return this.#refuse(488);
    const channel = this.#createChannel(agreed.negotiated);
    channel.ring();
    if (!this.#call.accept({ body: agreed.negotiated.localSdp })) {
      channel.hangUp('ORIGINATOR_CANCEL');
      return;
    }
    this.#begin(channel, agreed.negotiated);
  }

  /** Third-party call control: our offer goes into the 200, the answer comes with the ACK, the channel begins then. */
  #answerWithOffer(negotiation: MediaNegotiation): void {
    this.#call.once('ack', (ack) => {
      const agreed = negotiation.complete(ack.body.toString());
      if (agreed.outcome === 'unacceptable') {
        void this.#call.bye({ headers: { Reason: reasonHeader('INTERWORKING') } });
        this.#giveUp();
        return;
      }
      const channel = this.#createChannel(agreed.negotiated);
      channel.ring();
      this.#begin(channel, agreed.negotiated);
    });
    if (!this.#call.accept({ body: negotiation.offer() })) this.#giveUp();
  }

  #createChannel({ plan }: Negotiated): Channel {
    const { invite, transaction } = this.#call;
    const parties = partiesOf(invite);
    const channel = new Channel(
      {
        uuid: this.uuid, name: `sofia/drachtio_mrf/${parties.callerNumber}@${transaction.source.host}`, ...parties,
        networkAddress: transaction.source.host, codec: plan.codec,
      },
      this.#options.around,
      { hangUp: (cause) => this.#hangUp(cause) },
    );
    for (const [name, value] of Object.entries(inviteVariables(invite, this.uuid, transaction.source))) {
      channel.variables.set(name, value);
    }
    channel.variables.set('channel_name', channel.facts.name);
    channel.onEnd(() => this.#options.release());
    this.#channel = channel;
    this.#options.created(channel);
    return channel;
  }

  #begin(channel: Channel, negotiated: Negotiated): void {
    this.#call.onReinvite((reinvite) => this.#renegotiate(channel, reinvite));
    this.#call.onRequest((request, transaction) => this.#takeRequest(channel, request, transaction));
    this.#apply(channel, negotiated);
    const { mediaTimeoutMs } = this.#options;
    if (mediaTimeoutMs > 0) channel.around.engine.watchMedia(channel.uuid, mediaTimeoutMs);
    channel.answer();
    channel.variables.set('endpoint_disposition', 'ANSWER');
    for (const [name, value] of Object.entries(DIALPLAN_VARIABLES)) channel.variables.set(name, value);
    this.#options.answered(channel);
  }

  /** The far end's new media: another place, another codec, hold. What we cannot do is refused and the old goes on. */
  #renegotiate(channel: Channel, reinvite: IncomingReinvite): void {
    const negotiation = this.#negotiation;
    if (!negotiation || channel.ended) {
      reinvite.reject(481);
      return;
    }
    const offer = reinvite.request.body.toString();
    if (offer === '') {
      this.#call.once('ack', (ack) => {
        const agreed = negotiation.complete(ack.body.toString());
        if (agreed.outcome === 'agreed') this.#apply(channel, agreed.negotiated);
      });
      reinvite.accept({ body: negotiation.offer() });
      return;
    }
    const agreed = negotiation.answer(offer);
    if (agreed.outcome === 'unacceptable') reinvite.reject(488);
    else if (reinvite.accept({ body: agreed.negotiated.localSdp })) this.#apply(channel, agreed.negotiated);
  }

  #apply(channel: Channel, negotiated: Negotiated): void {
    channel.codec = negotiated.plan.codec;
    const local = { address: this.#options.mediaAddress, port: this.#port };
    for (const [name, value] of Object.entries(mediaVariables(negotiated, local))) channel.variables.set(name, value);
    channel.around.engine.configure(channel.uuid, negotiated.plan);
  }

  /** INFO brings keys of far ends that have no telephone-event; the others would press each key twice. */
  #takeRequest(channel: Channel, request: SipRequest, transaction: ServerTransaction): void {
    if (request.method !== 'INFO' && request.method !== 'OPTIONS') {
      transaction.reply(405);
      return;
    }
    transaction.reply(200);
    if (request.method !== 'INFO' || channel.variables.get('dtmf_type') !== 'info') return;
    const key = relayedKey(request.headers.get('Content-Type') ?? '', request.body.toString());
    if (key) channel.receiveDigit(key.digit, (key.durationMs ?? DEFAULT_KEY_MS) * 8, 'ENDPOINT');
  }

  #listener(): StreamListener {
    return {
      digit: (digit, duration) => this.#channel?.receiveDigit(digit, duration),
      mediaTimedOut: () => this.#channel?.hangUp('MEDIA_TIMEOUT'),
    };
  }

  #hangUp(cause: string): void {
    if (this.#over) return;
    this.#over = true;
    // The dialog is forgotten whatever the far end says to our BYE.
    if (this.#call.established) void this.#call.bye({ headers: { Reason: reasonHeader(cause) } });
    else this.#call.reject(480);
  }

  #refuse(status: number, headers: Record<string, string> = {}): void {
    this.#call.reject(status, headers);
    this.#giveUp();
  }

  /** Ends a call that has no channel. */
  #giveUp(): void {
    if (this.#channel) {
      this.#over = true;
      this.#channel.hangUp('ORIGINATOR_CANCEL');
      return;
    }
    this.#options.around.engine.close(this.uuid);
    this.#release();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#options.release();
  }
}
