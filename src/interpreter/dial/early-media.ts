import { messageOf } from '../../lib';
import { type Bridge, bridgeLegs, legOf, type MediaEndpoint, resumeBridge } from '../../media';
import type { PlacedLeg } from '../ports';
import type { VerbContext } from '../verb-context';

/**
 * What a callee's network has to say before somebody answers (RFC 3960): the caller is joined with that leg at once, and
 * hears announcements and real ringing in the place of ours. A caller who is not answered himself has no media to hear it by.
 */
export class EarlyMedia {
  readonly #context: VerbContext;
  #joining: Promise<Bridge | undefined> | undefined;
  #isOver = false;

  constructor(leg: PlacedLeg, context: VerbContext) {
    this.#context = context;
    void leg.early?.then((callee) => {
      if (!this.#isOver) this.#joining = this.#join(callee);
    });
  }

  /** The final response is here: the bridge that lasts, if there is one. */
  async over(): Promise<Bridge | undefined> {
    this.#isOver = true;
    const bridge = await this.#joining;
    return this.#context.call.endpoint?.isBridged ? bridge : undefined;
  }

  async #join(callee: MediaEndpoint): Promise<Bridge | undefined> {
    const { call, ports } = this.#context;
    const own = call.endpoint;
    if (!own) return undefined;
    if (own.isBridged) return this.#context.resumed ? resumeBridge(ports.pool, own, legOf(callee)) : undefined;
    try {
      return await bridgeLegs(ports.pool, own, legOf(callee));
    } catch (error) {
      ports.report(call, `early media could not be joined: ${messageOf(error)}`);
      return undefined;
    }
  }
}
