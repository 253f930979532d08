import { GatewayError, messageOf } from '../lib';
import { type Call, type Leg, type TerminationReason, terminations } from '../calls';
import { createLink, type LinkPlace, type MediaEndpoint, type MediaPool } from '../media';
import type { PlacedOutcome } from './outbound-leg';

/**
 * A call to a number of the same account never leaves the gateway: the calling side (an outbound leg of `<Dial>`) and the
 * called side (an inbound call that runs the number's application) are two calls joined by a media link.
 */
export class InsidePair {
  readonly callingSide: Leg;
  readonly calledSide: Leg;
  readonly final: Promise<PlacedOutcome>;
  readonly #pool: MediaPool;
  readonly #calling: Call;
  readonly #called: Call;
  /** Both where the one who calls is, so that he can be joined directly. */
  readonly #place: LinkPlace;
  #settle!: (outcome: PlacedOutcome) => void;
  #near: MediaEndpoint | undefined;
  #far: MediaEndpoint | undefined;

  constructor(pool: MediaPool, calling: Call, called: Call, mediaServer?: string) {
    this.#pool = pool;
    this.#calling = calling;
    this.#called = called;
    this.#place = () => Promise.resolve({ preferred: mediaServer });
    this.final = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.callingSide = {
      sipCallId: undefined,
      dialogId: undefined,
      ring: () => undefined,
      answer: () => (this.#near ? Promise.resolve(this.#near) : Promise.reject(new Error('the leg is not answered yet'))),
      end: () => this.#endCalling(),
    };
    this.calledSide = {
      sipCallId: undefined,
      dialogId: undefined,
      ring: () => this.#ring(),
      answer: () => this.#answer(),
      end: (reason) => this.#endCalled(reason),
    };
  }

  #ring(): void {
    if (this.#calling.move('ring')) this.#calling.state('call.ringing', {});
  }

  async #answer(): Promise<MediaEndpoint> {
    const { near, far } = await createLink(this.#pool, this.#place, this.#place);
    this.#near = near;
    this.#far = far;
    if (this.#calling.ended || this.#called.ended) {
      await this.#release();
      throw new GatewayError('signaling-caller-gone', 'the calling side is gone');
    }
    this.#calling.connected(near);
    this.#settle({ outcome: 'answered', headers: {} });
    return far;
  }

  async #endCalling(): Promise<void> {
    const reason: TerminationReason = this.#far ? 'remote-hangup' : 'caller-cancelled';
    this.#settle({ outcome: 'failed', sipStatus: 487, reason: 'cancelled', headers: {} });
    this.#called.end(reason);
    await this.#release();
  }

  async #endCalled(reason: TerminationReason): Promise<void> {
    const { sipStatus } = terminations[reason];
    this.#settle({ outcome: 'failed', sipStatus, reason, headers: {} });
    if (this.#near) this.#calling.end('remote-hangup');
    await this.#release();
  }

  async #release(): Promise<void> {
    try {
      await Promise.all([this.#near?.release(), this.#far?.release()]);
    } catch (error) {
      this.#called.state('alert.raised', { code: 15000, message: `media of an inside call: ${messageOf(error)}` });
    }
  }
}
