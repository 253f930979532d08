import type { Layer, MediaEndpoint } from '../../media';

/**
 * The ring tone that a caller hears while others are rung. Early media of one of them take its place, as any bridge ends what
 * plays, and when they are over it is heard again.
 */
export class Ringing {
  readonly #endpoint: MediaEndpoint;
  readonly #tone: string;
  readonly #off: (() => void)[];
  #layer: Promise<Layer> | undefined;

  private constructor(endpoint: MediaEndpoint, tone: string) {
    this.#endpoint = endpoint;
    this.#tone = tone;
    this.#off = [
      endpoint.on('bridged', () => {
        this.#layer = undefined;
      }),
      endpoint.on('unbridged', () => void this.#lay()),
    ];
  }

  static async start(endpoint: MediaEndpoint, tone: string): Promise<Ringing> {
    const ringing = new Ringing(endpoint, tone);
    // Early media that another gateway had joined are heard already.
    if (!endpoint.isBridged) await ringing.#lay();
    return ringing;
  }

  /** Nobody is rung any more. */
  async stop(): Promise<void> {
    this.leaveToBridge();
    await (await this.#layer)?.remove();
  }

  /** Somebody answered: the tone is heard until the bridge ends it. */
  leaveToBridge(): void {
    for (const off of this.#off.splice(0)) off();
  }

  async #lay(): Promise<void> {
    this.#layer = this.#endpoint.addLayer(this.#tone);
    await this.#layer;
  }
}
