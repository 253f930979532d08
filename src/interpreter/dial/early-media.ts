import { messageOf } from '../../lib';
import { type Bridge, bridgeLegs } from '../../media';
import type { PlacedLeg } from '../ports';
import type { VerbContext } from '../verb-context';

/**
 * What a callee's network has to say before somebody answers (RFC 3960): the caller is joined with that leg at once, and
 * hears announcements and real ringing in the place of ours. A caller who is not answered himself has no media to hear it by.
 */
export class EarlyMedia {
  readonly #context: VerbContext;
  readonly #joined: Promise<Bridge | undefined>;
  #isJoining = false;
  #isOver = false;

  private constructor(leg: PlacedLeg, context: VerbContext) {
    this.#context = context;
    // Never settles for a leg without early media: `over` looks first whether they came.
    this.#joined = (leg.early ?? new Promise<never>(() => undefined)).then((callee) => {
      const own = context.call.endpoint;
      if (this.#isOver || !own || own.isBridged) return undefined;
      this.#isJoining = true;
      return bridgeLegs(context.ports.pool, own, { endpointUuid: callee.uuid, mediaServer: callee.serverName });
    }).catch((error: unknown) => {
      context.ports.report(context.call, `early media could not be joined: ${messageOf(error)}`);
      return undefined;
    });
  }

  static follow(leg: PlacedLeg, context: VerbContext): EarlyMedia {
    return new EarlyMedia(leg, context);
  }

  /** The final response is here: the bridge that lasts, if there is one. */
  async over(): Promise<Bridge | undefined> {
    this.#isOver = true;
    const bridge = this.#isJoining ? await this.#joined : undefined;
    return bridge && this.#context.call.endpoint?.isBridged ? bridge : undefined;
  }
}
