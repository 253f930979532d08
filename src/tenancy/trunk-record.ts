import type { Config } from '../platform/config';
import { type DigestAlgorithm, digestHa1 } from '../protocol/digest';
import type { OutboundWay, Trunk } from './tenant';
import type { TokenCipher } from './token-cipher';

type SeededTrunk = Config['tenancy']['trunks'][number];

/** Who may call through a digest trunk. */
export interface DigestUser {
  readonly user: string;
  readonly algorithms: readonly DigestAlgorithm[];
  /** H(user:domain:password) for each algorithm (RFC 7616 section 3.4.2). */
  readonly sealedHa1: string;
}

/**
 * A trunk as it is kept. Who calls us needs only the hashes of the password; whom we call asks for the password itself.
 * Both stay sealed until they are needed, so that a trunk of another secret key does no harm to the others.
 */
export interface TrunkRecord extends Omit<Trunk, 'outbound'> {
  readonly digest?: DigestUser | undefined;
  readonly outbound?: (Omit<OutboundWay, 'password'> & { readonly sealedPassword?: string | undefined }) | undefined;
}

const digestContext = (domain: string | undefined, user: string): string => `digest ${domain ?? ''} ${user}`;
const outboundContext = (trunk: string): string => `outbound ${trunk}`;

export function sealTrunk({ digest, outbound, ...trunk }: SeededTrunk, cipher: TokenCipher): TrunkRecord {
  return {
    ...trunk,
    ...(digest ? { digest: sealDigest(digest, trunk.domain ?? '', cipher) } : {}),
    ...(outbound ? { outbound: sealOutbound(outbound, trunk.name, cipher) } : {}),
  };
}

/** The hashes of a digest trunk. Throws `tenancy-wrong-secret-key` like every other secret of this room. */
export function openHa1(
  { domain }: TrunkRecord, { user, sealedHa1 }: DigestUser, cipher: TokenCipher,
): Readonly<Partial<Record<DigestAlgorithm, string>>> {
  return JSON.parse(cipher.open(sealedHa1, digestContext(domain, user))) as Partial<Record<DigestAlgorithm, string>>;
}

/** The trunk with the password of its way out. Throws as `openHa1` does. */
export function openTrunk({ digest: _digest, outbound, ...trunk }: TrunkRecord, cipher: TokenCipher): Trunk {
  if (!outbound) return trunk;
  const { sealedPassword, ...way } = outbound;
  const password = sealedPassword === undefined ? undefined : cipher.open(sealedPassword, outboundContext(trunk.name));
  return { ...trunk, outbound: { ...way, ...(password === undefined ? {} : { password }) } };
}

function sealDigest(
  { user, password, algorithms }: NonNullable<SeededTrunk['digest']>, domain: string, cipher: TokenCipher,
): DigestUser {
  const ha1 = Object.fromEntries(algorithms.map((algorithm) => [algorithm, digestHa1(algorithm, user, domain, password)]));
  return { user, algorithms, sealedHa1: cipher.seal(JSON.stringify(ha1), digestContext(domain, user)) };
}

function sealOutbound({ password, ...way }: OutboundWay, trunk: string, cipher: TokenCipher): TrunkRecord['outbound'] {
  return { ...way, ...(password === undefined ? {} : { sealedPassword: cipher.seal(password, outboundContext(trunk)) }) };
}
