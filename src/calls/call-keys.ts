/** The keys of an account's calls that one Lua script touches; all in the account's cluster slot by the hash tag. */
export interface LiveCallKeys {
  /** HASH callSid -> gateway id: the calls that count. */
  readonly live: string;
  /** HASH gateway id -> epoch ms (Redis time) until which its calls count without being confirmed. */
  readonly leases: string;
  /** LIST of the moments (epoch ms, Redis time) of the newest calls in one direction, newest first. */
  readonly pace: string;
}

/** Builds every key of this room. */
export class CallKeys {
  constructor(private readonly prefix: string = 'hf:') {}

  /** STRING: the record of one call. */
  record = (accountSid: string, callSid: string): string => `${this.prefix}{${accountSid}}:call:${callSid}`;

  ofAccount(accountSid: string, direction: 'inbound' | 'outbound'): LiveCallKeys {
    const account = `${this.prefix}{${accountSid}}:calls`;
    return { live: `${account}:live`, leases: `${account}:leases`, pace: `${account}:pace:${direction}` };
  }
}
