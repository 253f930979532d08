import type { Redis } from 'ioredis';
import { TenancyKeys } from './tenancy-keys';

/** What of a trunk says where its calls come from and go to. */
export interface TrunkPlaces {
  readonly name: string;
  /** CIDR blocks and single addresses. */
  readonly sources: readonly string[];
  /** Present on trunks whose callers prove by digest who they are. */
  readonly domain?: string | undefined;
  readonly outbound?: { readonly host: string } | undefined;
}

export interface TrunkSources {
  /** Address blocks of all trunks, each once, in their order. */
  readonly blocks: readonly string[];
  /** Names of trunks whose calls may come from any address: those with digest and without sources. */
  readonly anywhere: readonly string[];
}

/** Where the calls of these trunks come from. A trunk with neither sources nor digest takes no calls. */
export function trunkSources(trunks: readonly TrunkPlaces[]): TrunkSources {
  const roaming = trunks.filter(({ sources, domain }) => domain !== undefined && sources.length === 0);
  return { blocks: [...new Set(trunks.flatMap(({ sources }) => sources))], anywhere: roaming.map(({ name }) => name) };
}

/** The trunks that Redis holds now, whoever wrote them; their secrets stay sealed. Rejects when Redis does not answer. */
export async function readTrunkPlaces(redis: Redis, prefix = 'hf:'): Promise<readonly TrunkPlaces[]> {
  const rows = await redis.hvals(new TenancyKeys(prefix).trunks());
  return rows.map((row) => {
    const { name, sources, domain, outbound } = JSON.parse(row) as TrunkPlaces;
    return { name, sources, ...(domain === undefined ? {} : { domain }), ...(outbound ? { outbound: { host: outbound.host } } : {}) };
  });
}
