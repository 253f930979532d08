import type { AccountLimitOverrides } from './account-limits';

export type HttpMethod = 'GET' | 'POST';

/** A tenant. `authToken` signs requests to it and is never written anywhere in clear. */
export interface Account {
  readonly sid: string;
  readonly name: string;
  readonly authToken: string;
  readonly status: 'active' | 'suspended';
  /** Address blocks beyond the public ones that its webhooks may reach; the operator's to give, never the tenant's. */
  readonly allowPrivate?: readonly string[] | undefined;
  /** What the operator gave it instead of the installation's limits. */
  readonly limits?: AccountLimitOverrides | undefined;
}

/** What answers a call: a module of the tenant's, with the URLs it is asked at. */
export interface Application {
  readonly sid: string;
  readonly account: string;
  readonly name: string;
  readonly voiceUrl: string;
  readonly voiceMethod: HttpMethod;
  readonly voiceFallbackUrl?: string | undefined;
  readonly voiceFallbackMethod: HttpMethod;
  readonly statusCallback?: string | undefined;
  readonly statusCallbackMethod: HttpMethod;
}

export interface PhoneNumber {
  readonly number: string;
  readonly account: string;
  readonly application: string;
}

/** Where calls to the outside are sent; `user` and `password` answer a challenge (digest). */
export interface OutboundWay {
  readonly host: string;
  readonly port: number;
  readonly prefix?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Where calls come from and go to. Without `account` it serves every account. */
export interface Trunk {
  readonly name: string;
  readonly account?: string | undefined;
  /** CIDR blocks that may send calls through it. */
  readonly sources: readonly string[];
  /** Lower case; only where callers prove by digest who they are. */
  readonly domain?: string | undefined;
  /** What it says of its callers beyond From counts (RFC 3325 section 6: the spec(T) of a trust domain is the operator's). */
  readonly trusted: boolean;
  /** Calls at once on all gateways, both ways; absent: any number. */
  readonly maxChannels?: number | undefined;
  readonly outbound?: OutboundWay | undefined;
}
