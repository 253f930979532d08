/** The keys of one queue and of its account; all in the account's cluster slot by the hash tag. */
export interface QueueKeys {
  /** HASH queue name -> queue sid. */
  readonly names: string;
  /** HASH queue sid -> queue record (JSON). */
  readonly queues: string;
  /** HASH entry id -> entry record (`lua/shared/records.lua` has its form). */
  readonly entries: string;
  /** HASH callSid -> entry id, while the entry lives. */
  readonly calls: string;
  /** HASH agent callSid -> ticket record (the same form). */
  readonly tickets: string;
  /** HASH gateway id -> epoch ms (Redis time) until which it is alive for this account. */
  readonly leases: string;
  /** ZSET of ended entries (`E:<id>`) and tickets (`T:<agent callSid>`) by when they ended, for the retention. */
  readonly retained: string;
  /** ZSET entry id by claimedAt, from claim to bridge. */
  readonly claims: string;
  /** HASH queue sid -> sum of when its members came (ms since 2026), for the mean age; `members` -> members of all queues. */
  readonly ages: string;
  /** Counter: arrivals, agents and tokens. */
  readonly sequence: string;
  /** STRING while nobody is matched because Redis has lost writes. */
  readonly settling: string;
  /** ZSET entry id by score: everybody from enqueue to bridge (position and size). */
  readonly members: string;
  /** ZSET entry id by score: those who can be claimed. */
  readonly waiting: string;
  /** ZSET agent callSid by arrival: agents who wait for a caller. */
  readonly agents: string;
}

/** Queues whose keys are kept; more are built again. */
const KEPT = 10_000;

/** Builds every key and channel of the queue engine. Nothing else does. */
export class QueueKeySpace {
  /** Building fourteen keys costs more than all else that an operation does before it is sent. */
  readonly #kept = new Map<string, QueueKeys>();

  constructor(readonly prefix: string = 'hf:') {}

  of(accountSid: string, queueSid: string): QueueKeys {
    const name = `${accountSid} ${queueSid}`;
    let keys = this.#kept.get(name);
    if (!keys) {
      if (this.#kept.size >= KEPT) this.#kept.clear();
      this.#kept.set(name, (keys = this.#build(accountSid, queueSid)));
    }
    return keys;
  }

  #build(accountSid: string, queueSid: string): QueueKeys {
    const account = `${this.prefix}{${accountSid}}:queueing`;
    const queue = `${account}:${queueSid}`;
    return {
      names: `${account}:names`,
      queues: `${account}:queues`,
      entries: `${account}:entries`,
      calls: `${account}:calls`,
      tickets: `${account}:tickets`,
      leases: `${account}:leases`,
      retained: `${account}:retained`,
      claims: `${account}:claims`,
      ages: `${account}:ages`,
      sequence: `${account}:sequence`,
      settling: `${account}:settling`,
      members: `${queue}:members`,
      waiting: `${queue}:waiting`,
      agents: `${queue}:agents`,
    };
  }

  /** The reply of an operation of the account, for a while: a repetition gets it instead of happening. */
  operation(accountSid: string, id: string): string {
    return `${this.prefix}{${accountSid}}:queueing:operation:${id}`;
  }

  /** The same for what belongs to no account. */
  gatewayOperation(id: string): string {
    return `${this.prefix}{gateways}:operation:${id}`;
  }

  /** ZSET gateway id -> epoch ms (Redis time) until which it is alive. One slot of its own, no account. */
  get gateways(): string {
    return `${this.prefix}{gateways}:leases`;
  }

  /** HASH gateway id -> `<until when it is alive> <the SIP server that has its dialogs>`, in the slot of `gateways`. */
  get sipServers(): string {
    return `${this.prefix}{gateways}:sip-servers`;
  }

  /** SET of the accounts a gateway has worked for: what has to be swept when it dies. */
  accountsOf(gatewayId: string): string {
    return `${this.prefix}{gateways}:accounts:${gatewayId}`;
  }

  /** Pub/Sub channels are not keys: the hint for a gateway goes to this prefix plus its id. */
  get channelPrefix(): string {
    return `${this.prefix}gateway:`;
  }
}
