/** The keys of the calls counted for one holder that one Lua script touches; all in its cluster slot by the hash tag. */
export interface LiveCallKeys {
  /** HASH callSid -> gateway id: the calls that count. */
  readonly live: string;
  /** HASH gateway id -> epoch ms (Redis time) until which its calls count without being confirmed. */
  readonly leases: string;
  /** LIST of the moments (epoch ms, Redis time) of the newest calls in one direction, newest first. */
  readonly pace: string;
}

/** Raised when records mean something else: gateways of two versions leave each other's live calls alone. */
const RECORD_VERSION = 'v1';

/** Builds every key of this room. */
export class CallKeys {
  constructor(private readonly prefix: string = 'hf:') {}

  /** STRING: the record of a call that has ended. */
  ended = (accountSid: string, callSid: string): string => `${this.prefix}{${accountSid}}:call:${callSid}`;

  /** HASH callSid -> `<epoch> <gateway> <record>`: the live calls of all gateways. */
  records = (accountSid: string): string => `${this.prefix}{${accountSid}}:calls:${RECORD_VERSION}:records`;

  /** SET of the live calls of one gateway. */
  owned = (accountSid: string, gatewayId: string): string => `${this.prefix}{${accountSid}}:calls:${RECORD_VERSION}:of:${gatewayId}`;

  /** SET of the accounts a gateway has had calls of: where to look when it dies. In the slot of the gateways. */
  accountsOf = (gatewayId: string): string => `${this.prefix}{gateways}:calls:${RECORD_VERSION}:${gatewayId}`;

  /** STRING: the text of a document that a live call runs. */
  document = (accountSid: string, name: string): string => `${this.prefix}{${accountSid}}:document:${name}`;

  counted(holder: string, direction: 'inbound' | 'outbound'): LiveCallKeys {
    const calls = `${this.prefix}{${holder}}:calls`;
    return { live: `${calls}:live`, leases: `${calls}:leases`, pace: `${calls}:pace:${direction}` };
  }
}
