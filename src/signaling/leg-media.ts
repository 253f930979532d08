import { deferred, type Deferred, GatewayError, pause } from '../lib';
import type { Call } from '../calls';
import { glareWaitMs, type SipDialog } from '../dialogs';
import type { FarSide, MediaChannel, MediaEndpoint, MediaPool } from '../media';
import { isAsAgreed, nextDescription } from '../protocol/sdp';
import { takeRelayedKeys } from './relayed-keys';

export interface LegMediaParts {
  readonly call: Call;
  readonly pool: MediaPool;
  readonly dialog: SipDialog;
  readonly endpoint: MediaEndpoint;
  /** What the far end was told of our media last. */
  readonly told: string;
  /** What it told us of its own; empty while that is to come. */
  readonly farSdp: string;
  /** We placed the call. */
  readonly madeCallId: boolean;
}

/** An offer of the far end that waits until there are media to answer it with. */
interface OpenOffer {
  readonly sdp: string;
  readonly answer: Deferred<string>;
}

/**
 * The media of an answered leg: answers what its far end offers, and takes it along by re-INVITE when a media server is lost.
 * Offers never cross: one of theirs that comes while media are lost is answered with the new ones, in place of an offer of ours.
 */
export class LegMedia implements FarSide {
  readonly isWatched = true;
  readonly #parts: LegMediaParts;
  #told: string;
  #farSdp: string;
  #open: OpenOffer | undefined;
  /** Aborted when an offer of theirs comes, which need not wait for what ours waits for. */
  #openCame = new AbortController();
  #isMoving = false;
  /** The media server was lost before it knew what the far end answered. */
  #isUnheeded = false;

  constructor(parts: LegMediaParts) {
    this.#parts = parts;
    this.#told = parts.told;
    this.#farSdp = parts.farSdp;
    const { dialog, endpoint, call } = parts;
    dialog.onOffer((offer) => this.#answer(offer));
    takeRelayedKeys(dialog, endpoint);
    endpoint.on('lost', () => void this.#move());
    // A BYE that drachtio sent right behind its answer came before anybody listened.
    dialog.on('bye', () => call.end('remote-hangup'));
    if (dialog.ended) call.end('remote-hangup');
    else if (endpoint.isLost) void this.#move();
  }

  get sdp(): string {
    return this.#open?.sdp || this.#farSdp;
  }

  /** What the far end was told of our media last. */
  get told(): string {
    return this.#told;
  }

  /** The far end has answered the offer of ours that the call began with. Throws when the media server refuses that. */
  async takeAnswer(sdp: string, give = () => this.#parts.endpoint.remodel(sdp)): Promise<void> {
    this.#farSdp = sdp;
    this.#isUnheeded = (await this.#unlessLost(give)) === undefined;
  }

  async follow(channel: MediaChannel): Promise<'followed' | 'refused' | 'gone'> {
    const { dialog, call, pool, madeCallId } = this.#parts;
    this.#isUnheeded = false;
    for (;;) {
      if (dialog.ended) return 'gone';
      if (this.#open) {
        if (await this.#answerWith(channel, this.#open)) return 'followed';
        continue;
      }
      const offer = nextDescription(this.#told, channel.callerSdp);
      const outcome = await dialog.reinvite(offer);
      if (outcome.outcome === 'accepted') {
        this.#told = offer;
        await this.#heed(channel, outcome.sdp);
        return 'followed';
      }
      switch (outcome.status) {
        // The dialog is no more (RFC 3261 section 12.2.1.2).
        case 408:
        case 481:
          call.end('remote-hangup');
          return 'gone';
        // It offers something itself at this moment, or is not ready for the next offer (sections 14.1, 14.2).
        case 491:
        case 500:
          await pause(pool.clock, glareWaitMs(madeCallId), this.#openCame.signal);
          break;
        default:
          return 'refused';
      }
    }
  }

  async #answer(sdp: string): Promise<string> {
    const { endpoint } = this.#parts;
    const answered = await this.#unlessLost(async () => (sdp === '' ? endpoint.callerSdp : endpoint.remodel(sdp)));
    if (answered === undefined) return this.#whenMoved(sdp);
    if (sdp !== '') this.#farSdp = sdp;
    return this.#tell(answered);
  }

  /** Undefined when the media server is lost, before or meanwhile. */
  async #unlessLost<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { endpoint } = this.#parts;
    if (endpoint.isLost) return undefined;
    try {
      return await work();
    } catch (error) {
      if (endpoint.isLost) return undefined;
      throw error;
    }
  }

  #whenMoved(sdp: string): Promise<string> {
    const open = { sdp, answer: deferred<string>() };
    this.#open = open;
    this.#openCame.abort();
    return open.answer.promise;
  }

  /** False when the channel cannot do what they offer, which they are told. */
  async #answerWith(channel: MediaChannel, { sdp, answer }: OpenOffer): Promise<boolean> {
    this.#takeOpen();
    try {
      const ours = sdp === '' || sdp === channel.remoteSdp ? channel.callerSdp : await channel.remodel(sdp);
      if (sdp !== '') this.#farSdp = sdp;
      answer.resolve(this.#tell(ours));
      return true;
    } catch (error) {
      answer.reject(error);
      if (channel.isUp) return false;
      throw error;
    }
  }

  #takeOpen(): OpenOffer | undefined {
    const open = this.#open;
    this.#open = undefined;
    this.#openCame = new AbortController();
    return open;
  }

  async #heed(channel: MediaChannel, answer: string): Promise<void> {
    if (answer === '') return;
    this.#farSdp = answer;
    if (!isAsAgreed(answer, channel.remoteSdp, channel.localSdp)) await channel.remodel(answer);
  }

  #tell(sdp: string): string {
    this.#told = nextDescription(this.#told, sdp);
    this.#parts.call.placeChanged();
    return this.#told;
  }

  async #move(): Promise<void> {
    if (this.#isMoving) return;
    this.#isMoving = true;
    const { pool, endpoint } = this.#parts;
    await pool.rehome(endpoint, this);
    this.#isMoving = false;
    // It was found again where it was.
    if (this.#isUnheeded && !endpoint.gone) await this.takeAnswer(this.#farSdp).catch(() => this.#parts.call.end('media-refused'));
    const open = this.#takeOpen();
    if (!open) return;
    // Its own media server came back first, or none came.
    if (endpoint.gone) open.answer.reject(new GatewayError('signaling-media-lost', 'the media of the call are lost', { sipStatus: 500 }));
    else this.#answer(open.sdp).then((sdp) => open.answer.resolve(sdp), (error: unknown) => open.answer.reject(error));
  }
}
