import { GatewayError, newToken } from '../lib';
import type { ScriptArguments, ScriptReply } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import { queueFacts, text } from './queue-replies';
import type { QUEUE_SCRIPTS, QueueScripts } from './queue-scripts';
import type { QueueFact } from './queue-types';

export type ScriptName = Exclude<keyof typeof QUEUE_SCRIPTS, 'heartbeat'>;
type Filled = 'channels' | 'nonce' | 'queueSid' | 'rememberMs';
export type ArgumentsOf<N extends ScriptName> = Omit<ScriptArguments<(typeof QUEUE_SCRIPTS)[N]>, Filled>;

/** How often a queue may turn out to be another one (renamed, deleted and made again) within one operation. */
const MOVES = 5;
/**
 * How long a script's reply is kept for its repetition. A command waits 2 s for its reply and is not sent again afterwards
 * (platform/redis), so the repetition is there within seconds of the first; a server that hung does both in one go.
 */
export const REMEMBER_MS = 30_000;

export interface OperationOptions {
  /** Names the operation, for who has to know its name; else it gets one of its own. */
  readonly operation?: string;
  /** The operation of the claim that `abandon-claim` takes back. */
  readonly claiming?: string;
}

/** Runs the room's scripts for an account: fills in keys and scope, follows `moved` replies, emits the facts. */
export class QueueOperations {
  /** Random once and counted on: no two operations of any gateway have the same name. */
  readonly #born = newToken(8);
  #count = 0;

  constructor(
    private readonly scripts: QueueScripts,
    private readonly keys: QueueKeySpace,
    private readonly onFact: (fact: QueueFact) => void,
  ) {}

  async run<N extends ScriptName>(
    name: N,
    accountSid: string,
    queueSid: string,
    args: ArgumentsOf<N>,
    options: OperationOptions = {},
  ): Promise<ScriptReply> {
    const nonce = this.nextName();
    const scope = { channels: this.keys.channelPrefix, nonce, queueSid, rememberMs: REMEMBER_MS };
    const own = {
      operation: this.keys.operation(accountSid, options.operation ?? nonce),
      claiming: this.keys.operation(accountSid, options.claiming ?? 'none'),
    };
    // Not by spreading: of objects with that many members it takes 10 us (Node 20) instead of 0.1, more than all else here.
    const all = Object.assign(scope, args) as unknown as ScriptArguments<(typeof QUEUE_SCRIPTS)[N]>;
    const reply = await this.scripts.run(name, Object.assign(own, this.keys.of(accountSid, queueSid)), all);
    for (const fact of queueFacts(accountSid, reply)) this.onFact(fact);
    return reply;
  }

  /** A name for an operation. */
  nextName(): string {
    return `${this.#born}.${++this.#count}`;
  }

  /** The same for a queue whose sid may have been guessed or be out of date: `moved` names the right one (or none). */
  async runWhereItIs<N extends ScriptName>(
    name: N,
    accountSid: string,
    queueSid: string,
    args: (queueSid: string) => ArgumentsOf<N>,
    options: OperationOptions = {},
  ): Promise<ScriptReply & { readonly ranOn: string }> {
    let place = queueSid;
    for (let move = 0; move <= MOVES; move++) {
      const reply = await this.run(name, accountSid, place, args(place), options);
      if (reply.outcome !== 'moved') return Object.assign(reply, { ranOn: place });
      place = text(reply, 'queueSid');
    }
    throw new GatewayError('queueing-moving', `${name}: the queue moved ${MOVES} times in a row`);
  }
}
