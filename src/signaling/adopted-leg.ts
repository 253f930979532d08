import { GatewayError } from '../lib';
import type { Call, CallRecord, Leg, TerminationReason } from '../calls';
import type { SipDialog } from '../dialogs';
import type { MediaEndpoint, MediaPool } from '../media';
import { LegMedia } from './leg-media';

/** The answered leg of a call that another gateway had before, whoever of the two ends called whom. */
export class AdoptedLeg implements Leg {
  readonly sipCallId: string | undefined;
  readonly #call: Call;
  readonly #record: CallRecord;
  readonly #dialog: SipDialog;
  #endpoint: MediaEndpoint | undefined;
  #media: LegMedia | undefined;

  /** Listens at once: what the far end said while nobody had its dialog comes right after it was taken over. */
  constructor(call: Call, record: CallRecord, dialog: SipDialog) {
    this.sipCallId = record.sipCallId;
    this.#call = call;
    this.#record = record;
    this.#dialog = dialog;
    dialog.onRefer((target) => call.refer(target));
    dialog.onOffer(() => {
      throw new GatewayError('signaling-caller-gone', 'the media are not there yet', { sipStatus: 491 });
    });
    dialog.on('bye', () => call.end('remote-hangup'));
  }

  get dialogId(): string {
    return this.#dialog.id;
  }

  get toldSdp(): string | undefined {
    return this.#media?.told ?? this.#record.toldSdp;
  }

  /** The media that the call had; lost ones are replaced. */
  connect(endpoint: MediaEndpoint, pool: MediaPool): void {
    const { toldSdp = endpoint.callerSdp, identity } = this.#record;
    this.#endpoint = endpoint;
    this.#media = new LegMedia({
      call: this.#call, pool, dialog: this.#dialog, endpoint, told: toldSdp, farSdp: endpoint.remoteSdp,
      madeCallId: identity.direction !== 'inbound',
    });
  }

  answer(): Promise<MediaEndpoint> {
    const endpoint = this.#endpoint;
    return endpoint ? Promise.resolve(endpoint) : Promise.reject(new GatewayError('signaling-caller-gone', 'the call was ended'));
  }

  ring(): void {
    // It is answered.
  }

  async end(_reason: TerminationReason): Promise<void> {
    await Promise.allSettled([this.#dialog.bye(), this.#endpoint?.release()]);
  }
}
