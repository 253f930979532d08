import type { Config } from '../platform/config';
import { digestHa1 } from '../protocol/digest';
import type { DigestUser, OutboundWay, Trunk } from './tenant';
import type { TokenCipher } from './token-cipher';

type SeededTrunk = Config['tenancy']['trunks'][number];

/**
 * A trunk as it is kept. Who calls us needs only the hashes of the password; whom we call asks for the password itself.
 * Both are encrypted.
 */
interface TrunkRecord extends Omit<Trunk, 'digest' | 'outbound'> {
  readonly digest?: { readonly user: string; readonly sealedHa1: string } | undefined;
  readonly outbound?: (Omit<OutboundWay, 'password'> & { readonly sealedPassword?: string | undefined }) | undefined;
}

const digestContext = (domain: string | undefined, user: string): string => `digest ${domain ?? ''} ${user}`;
const outboundContext = (trunk: string): string => `outbound ${trunk}`;

export function sealTrunk({ digest, outbound, ...trunk }: SeededTrunk, cipher: TokenCipher): string {
  const record: TrunkRecord = {
    ...trunk,
    digest: digest && { user: digest.user, sealedHa1: sealHa1(digest, trunk.domain ?? '', cipher) },
    outbound: outbound && sealOutbound(outbound, trunk.name, cipher),
  };
  return JSON.stringify(record);
}

/** Throws `tenancy-wrong-secret-key` like every other secret of this room. */
export function openTrunk(row: string, cipher: TokenCipher): Trunk {
  const { digest, outbound, ...trunk } = JSON.parse(row) as TrunkRecord;
  return {
    ...trunk,
    ...(digest ? { digest: { user: digest.user, ha1: openHa1(digest, trunk.domain, cipher) } } : {}),
    ...(outbound ? { outbound: openOutbound(outbound, trunk.name, cipher) } : {}),
  };
}

function sealHa1({ user, password, algorithms }: NonNullable<SeededTrunk['digest']>, domain: string, cipher: TokenCipher): string {
  const ha1 = Object.fromEntries(algorithms.map((algorithm) => [algorithm, digestHa1(algorithm, user, domain, password)]));
  return cipher.seal(JSON.stringify(ha1), digestContext(domain, user));
}

function openHa1(
  { user, sealedHa1 }: { user: string; sealedHa1: string }, domain: string | undefined, cipher: TokenCipher,
): DigestUser['ha1'] {
  return JSON.parse(cipher.open(sealedHa1, digestContext(domain, user))) as DigestUser['ha1'];
}

function sealOutbound({ password, ...way }: OutboundWay, trunk: string, cipher: TokenCipher): TrunkRecord['outbound'] {
  return { ...way, ...(password === undefined ? {} : { sealedPassword: cipher.seal(password, outboundContext(trunk)) }) };
}

function openOutbound(
  { sealedPassword, ...way }: NonNullable<TrunkRecord['outbound']>, trunk: string, cipher: TokenCipher,
): OutboundWay {
  return { ...way, ...(sealedPassword === undefined ? {} : { password: cipher.open(sealedPassword, outboundContext(trunk)) }) };
}
