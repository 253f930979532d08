import type { Trunk } from './tenant';

export interface TrunkSources {
  /** Address blocks of all trunks, each once, in their order. */
  readonly blocks: readonly string[];
  /** Names of trunks whose calls may come from anywhere, because they prove who they are by digest. */
  readonly anywhere: readonly string[];
}

/** Where the calls of these trunks come from. */
export function trunkSources(trunks: readonly (Pick<Trunk, 'name' | 'sources'> & { readonly digest?: unknown })[]): TrunkSources {
  const roaming = trunks.filter(({ digest }) => digest !== undefined);
  return { blocks: [...new Set(trunks.flatMap(({ sources }) => sources))], anywhere: roaming.map(({ name }) => name) };
}
