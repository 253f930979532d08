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
import type { TokenCipher } from './token-cipher';
import { type DigestUser, openHa1, type TrunkRecord } from './trunk-record';

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

/** What a call needs to know of the trunk that it came through. */
export type AdmittedTrunk = Omit<Trunk, 'outbound'>;

export type Admission =
  /** It may have come through any of these. */
  | { readonly outcome: 'admitted'; readonly trunks: readonly AdmittedTrunk[] }
  | { readonly outcome: 'unknown-source' }
  /** To be answered 401 with these values of WWW-Authenticate: nothing was proved yet, or what was given is wrong. */
  | { readonly outcome: 'challenged' | 'unauthorized'; readonly challenges: readonly string[] };

/** A trunk with what is needed to recognise its callers. */
type DigestTrunk = TrunkRecord & { readonly digest: DigestUser };

export interface AdmissionParts {
  readonly redis: Redis;
  readonly keys: TenancyKeys;
  readonly cipher: TokenCipher;
  readonly nonces: DigestNonces;
  readonly trunks: () => Promise<readonly TrunkRecord[]>;
}

/** Tells who may send calls: known addresses, and who has the password of the domain they call. */
export class TrunkAdmission {
  readonly #parts: AdmissionParts;
  /** Stands for the hash of a user who is not there, so that finding nobody takes as long as finding somebody. */
  readonly #nobody = newToken(32);
  /** Made once for each trunk that was read, not for each INVITE. */
  readonly #sources = new WeakMap<TrunkRecord, (address: string) => boolean>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * An INVITE for the domain of digest trunks needs credentials, wherever it comes from; where such a trunk also has
   * sources, strangers to them are treated as strangers, and not asked.
   */
  async admit(invite: InviteFacts): Promise<Admission> {
    const trunks = await this.#parts.trunks();
    const heard = (trunk: TrunkRecord): boolean => this.#isHeard(trunk, invite.sourceAddress);
    const digestTrunks = trunks.filter(hasDigest);
    const hosts = [bare(invite.requested.host), bare(invite.to.host)];
    const host = hosts.find((one) => digestTrunks.some(({ domain }) => bare(domain ?? '') === one));
    if (host !== undefined) {
      const [first, ...others] = digestTrunks
        .filter((trunk) => bare(trunk.domain ?? '') === host && (trunk.sources.length === 0 || heard(trunk)));
      return first ? this.#byDigest(invite, first, [first, ...others]) : { outcome: 'unknown-source' };
    }
    const known = trunks.filter((trunk) => !trunk.digest && heard(trunk)).map(withoutSecrets);
    return known.length === 0 ? { outcome: 'unknown-source' } : { outcome: 'admitted', trunks: known };
  }

  #isHeard(trunk: TrunkRecord, sourceAddress: string): boolean {
    const matches = this.#sources.get(trunk) ?? matchBlocks(trunk.sources);
    this.#sources.set(trunk, matches);
    return matches(sourceAddress);
  }

  /** `first` is any of the trunks of the domain. */
  async #byDigest(invite: InviteFacts, first: DigestTrunk, trunks: readonly DigestTrunk[]): Promise<Admission> {
    const { nonces, cipher } = this.#parts;
    const realm = first.domain ?? '';
    const credentials = parseDigestCredentials(invite.authorization ?? '').find((one) => one.realm === realm);
    const challenge = (outcome: 'challenged' | 'unauthorized', stale = false): Admission =>
      this.#challenge(outcome, invite, { realm, stale, algorithms: algorithmsOf(trunks) });
    if (!credentials) return challenge('challenged');
    const trunk = trunks.find(({ digest }) => digest.user === credentials.user);
    // For nobody the same is done as for somebody.
    const opened = openHa1(trunk ?? first, (trunk ?? first).digest, cipher)[credentials.algorithm];
    const ha1 = trunk && opened;
    const matches = credentialsMatch(credentials, 'INVITE', ha1 ?? this.#nobody);
    if (!matches || !trunk || !ha1 || !isFor(credentials, invite, realm)) return challenge('unauthorized');
    const nonce = nonces.check(credentials.nonce, invite.sourceAddress);
    if (nonce.outcome === 'fresh' && await this.#isFirstUse(credentials, invite.requestId, nonce.forMs)) {
      return { outcome: 'admitted', trunks: [withoutSecrets(trunk)] };
    }
    return challenge('challenged', true);
  }

  /** Each algorithm in a line of its own, the best first (RFC 8760 section 2.3); every one with the same nonce. */
  #challenge(
    outcome: 'challenged' | 'unauthorized', { sourceAddress }: InviteFacts,
    { realm, stale, algorithms }: { realm: string; stale: boolean; algorithms: readonly DigestAlgorithm[] },
  ): Admission {
    const nonce = this.#parts.nonces.issue(sourceAddress);
    return { outcome, challenges: algorithms.map((algorithm) => formatDigestChallenge({ realm, nonce, algorithm, stale })) };
  }

  /**
   * Each count of a nonce admits one request in the whole cluster, so that what was overheard cannot be sent again
   * (RFC 7616 section 5.8). Copies of one request by two ways count as one: what becomes of them is not decided here.
   */
  async #isFirstUse({ nonce, nc }: DigestCredentials, requestId: string, forMs: number): Promise<boolean> {
    const { redis, keys } = this.#parts;
    const key = keys.nonceUse(nonce, nc.toLowerCase());
    if ((await redis.set(key, requestId, 'PX', forMs, 'NX')) !== null) return true;
    return (await redis.get(key)) === requestId;
  }
}

const hasDigest = (trunk: TrunkRecord): trunk is DigestTrunk => trunk.digest !== undefined;

function withoutSecrets({ digest: _digest, outbound: _outbound, ...trunk }: TrunkRecord): AdmittedTrunk {
  return trunk;
}

/**
 * The digest covers the URI it names and nothing else of the request, so that has to be where the call goes; the user part
 * of it, for proxies on the way rewrite the rest. To counts only where a proxy has rewritten the host as well.
 */
function isFor({ uri }: DigestCredentials, { requested, to }: InviteFacts, realm: string): boolean {
  const named = parseUri(uri);
  const user = named && unescapeUser(named.user ?? '');
  return user === requested.user || (user === to.user && bare(requested.host) !== bare(realm));
}

/** What the users of a domain may use, all together: which of them is asking is not known yet. */
const algorithmsOf = (trunks: readonly DigestTrunk[]): readonly DigestAlgorithm[] =>
  digestAlgorithms.filter((algorithm) => trunks.some(({ digest }) => digest.algorithms.includes(algorithm)));

/** A host as domains are compared. */
const bare = (host: string): string => host.toLowerCase().replace(/^\[|[\].]$/g, '');
