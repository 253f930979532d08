import type { Redis } from 'ioredis';
import { newToken } from '../lib';
import {
  credentialsMatch, type DigestAlgorithm, digestAlgorithms, type DigestCredentials, formatDigestChallenge, parseDigestCredentials,
} from '../protocol/digest';
import { parseUri, unescapeUser } from '../protocol/sip';
import { matchBlocks } from './address-block';
import type { DigestNonces } from './digest-nonces';
import type { TenancyKeys } from './tenancy-keys';
import type { Trunk } from './tenant';

/** What of an INVITE decides which trunk it came through. Users are unescaped. */
export interface InviteFacts {
  readonly sourceAddress: string;
  readonly requested: { readonly user: string; readonly host: string };
  readonly to: { readonly user: string; readonly host: string };
  /** The Authorization header. */
  readonly authorization?: string | undefined;
  /** The same for every copy of this request, and for no other. */
  readonly requestId: string;
}

export type Admission =
  /** It may have come through any of these. */
  | { readonly outcome: 'admitted'; readonly trunks: readonly Trunk[] }
  | { readonly outcome: 'unknown-source' }
  /** To be answered 401 with these values of WWW-Authenticate: nothing was proved yet, or what was given is wrong. */
  | { readonly outcome: 'challenged' | 'unauthorized'; readonly challenges: readonly string[] };

/** Tells who may send calls: known addresses, and who has the password of the domain they call. */
export class TrunkAdmission {
  readonly #redis: Redis;
  readonly #keys: TenancyKeys;
  readonly #nonces: DigestNonces;
  readonly #trunks: () => Promise<readonly Trunk[]>;
  /** Stands for the hash of a user who is not there, so that finding nobody takes as long as finding somebody. */
  readonly #nobody = newToken(32);

  constructor(redis: Redis, keys: TenancyKeys, nonces: DigestNonces, trunks: () => Promise<readonly Trunk[]>) {
    this.#redis = redis;
    this.#keys = keys;
    this.#nonces = nonces;
    this.#trunks = trunks;
  }

  /**
   * An INVITE for the domain of digest trunks needs credentials, wherever it comes from; where such a trunk also has
   * sources, strangers to them are treated as strangers, and not asked.
   */
  async admit(invite: InviteFacts): Promise<Admission> {
    const trunks = await this.#trunks();
    const heard = (trunk: Trunk): boolean => matchBlocks(trunk.sources)(invite.sourceAddress);
    const domains = [bare(invite.requested.host), bare(invite.to.host)];
    const domain = domains.find((host) => trunks.some((trunk) => trunk.digest && trunk.domain === host));
    if (domain !== undefined) {
      const asked = trunks.filter((trunk) => trunk.domain === domain && (trunk.sources.length === 0 || heard(trunk)));
      return asked.length === 0 ? { outcome: 'unknown-source' } : this.#byDigest(invite, domain, asked);
    }
    const known = trunks.filter((trunk) => !trunk.digest && heard(trunk));
    return known.length === 0 ? { outcome: 'unknown-source' } : { outcome: 'admitted', trunks: known };
  }

  async #byDigest(invite: InviteFacts, domain: string, trunks: readonly Trunk[]): Promise<Admission> {
    const credentials = parseDigestCredentials(invite.authorization ?? '').find(({ realm }) => realm === domain);
    const challenge = (outcome: 'challenged' | 'unauthorized', stale = false): Admission =>
      this.#challenge(outcome, invite, { realm: domain, stale, algorithms: algorithmsOf(trunks) });
    if (!credentials) return challenge('challenged');
    const trunk = trunks.find(({ digest }) => digest?.user === credentials.user);
    const ha1 = trunk?.digest?.ha1[credentials.algorithm];
    const matches = credentialsMatch(credentials, 'INVITE', ha1 ?? this.#nobody);
    if (!matches || !trunk || !ha1 || !isFor(credentials, invite)) return challenge('unauthorized');
    const nonce = this.#nonces.check(credentials.nonce, invite.sourceAddress);
    if (nonce.outcome === 'fresh' && await this.#isFirstUse(credentials, invite.requestId, nonce.forMs)) {
      return { outcome: 'admitted', trunks: [trunk] };
    }
    return challenge('challenged', true);
  }

  /** Each algorithm in a line of its own, the best first (RFC 8760 section 2.3); every one with the same nonce. */
  #challenge(
    outcome: 'challenged' | 'unauthorized', { sourceAddress }: InviteFacts,
    { realm, stale, algorithms }: { realm: string; stale: boolean; algorithms: readonly DigestAlgorithm[] },
  ): Admission {
    const nonce = this.#nonces.issue(sourceAddress);
    return { outcome, challenges: algorithms.map((algorithm) => formatDigestChallenge({ realm, nonce, algorithm, stale })) };
  }

  /**
   * Each count of a nonce admits one request in the whole cluster, so that what was overheard cannot be sent again
   * (RFC 7616 section 5.8). Copies of one request by two ways count as one: what becomes of them is not decided here.
   */
  async #isFirstUse({ nonce, nc }: DigestCredentials, requestId: string, forMs: number): Promise<boolean> {
    const key = this.#keys.nonceUse(nonce, nc.toLowerCase());
    if ((await this.#redis.set(key, requestId, 'PX', forMs, 'NX')) !== null) return true;
    return (await this.#redis.get(key)) === requestId;
  }
}

/**
 * The digest covers the URI it names and nothing else of the request, so that has to be where the call goes. Only the
 * user part: proxies on the way rewrite the host (RFC 3261 section 22.4 item 8 has the same trouble).
 */
function isFor({ uri }: DigestCredentials, { requested, to }: InviteFacts): boolean {
  const named = parseUri(uri);
  const user = named && unescapeUser(named.user ?? '');
  return user === requested.user || user === to.user;
}

/** What the users of a domain may use, all together: which of them is asking is not known yet. */
const algorithmsOf = (trunks: readonly Trunk[]): readonly DigestAlgorithm[] =>
  digestAlgorithms.filter((algorithm) => trunks.some(({ digest }) => digest?.ha1[algorithm] !== undefined));

/** A host as domains are compared. */
const bare = (host: string): string => host.toLowerCase().replace(/^\[|[\].]$/g, '');
