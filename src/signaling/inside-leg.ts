import { GatewayError, messageOf } from '../lib';
import { type Call, type Leg, type TerminationReason, terminations } from '../calls';
import { createLink, keepFacing, type Link, type LinkPlace, type MediaEndpoint, type MediaPool } from '../media';
import type { PlacedOutcome } from './outbound-leg';

/** A side of such a pair that another gateway had, with its media. */
export interface InsideSide {
  readonly call: Call;
  readonly endpoint: MediaEndpoint;
}

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
    const isJoined = (): boolean => this.#near !== undefined;
    this.callingSide = {
      sipCallId: undefined,
      dialogId: undefined,
      get insideWith() {
        return isJoined() ? { callSid: called.sid, legSid: called.sid } : undefined;
      },
      ring: () => undefined,
      answer: () => (this.#near ? Promise.resolve(this.#near) : Promise.reject(new Error('the leg is not answered yet'))),
      end: () => this.#endCalling(),
    };
    this.calledSide = {
      sipCallId: undefined,
      dialogId: undefined,
      get insideWith() {
        return isJoined() ? { callSid: calling.parent?.sid ?? calling.sid, legSid: calling.sid } : undefined;
      },
      ring: () => this.#ring(),
      answer: () => this.#answer(),
      end: (reason) => this.#endCalled(reason),
    };
  }

  /** The pair that another gateway had: its two sides go on, or end with each other when one of them has ended since. */
  static resume(pool: MediaPool, calling: InsideSide, called: InsideSide): void {
    const pair = new InsidePair(pool, calling.call, called.call, calling.endpoint.serverName);
    pair.#have({ near: calling.endpoint, far: called.endpoint });
    keepFacing(pool, [calling.endpoint, pair.#place], [called.endpoint, pair.#place]);
    calling.call.attach(pair.callingSide);
    called.call.attach(pair.calledSide);
    if (calling.call.ended) void pair.#endCalling();
    else if (called.call.ended) void pair.#endCalled('remote-hangup');
    for (const { call, endpoint } of [calling, called]) call.reconnected(endpoint);
  }

  #have({ near, far }: Link): void {
    this.#near = near;
    this.#far = far;
  }

  #ring(): void {
    if (this.#calling.move('ring')) this.#calling.state('call.ringing', {});
  }

  async #answer(): Promise<MediaEndpoint> {
    const link = await createLink(this.#pool, this.#place, this.#place);
    const { near, far } = link;
    this.#have(link);
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
