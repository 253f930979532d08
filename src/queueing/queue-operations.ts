import { GatewayError, newToken } from '../lib';
import type { ScriptArguments, ScriptReply } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import { queueFacts, text } from './queue-replies';
import type { QUEUE_SCRIPTS, QueueScripts } from './queue-scripts';
import type { QueueFact } from './queue-types';

type ScriptName = Exclude<keyof typeof QUEUE_SCRIPTS, 'heartbeat'>;
type Filled = 'account' | 'channels' | 'nonce' | 'queueSid';
type ArgumentsOf<N extends ScriptName> = Omit<ScriptArguments<(typeof QUEUE_SCRIPTS)[N]>, Filled>;

/** How often a queue may turn out to be another one (renamed, deleted and made again) within one operation. */
const MOVES = 5;

/** Runs the room's scripts for an account: fills in keys and scope, follows `moved` replies, emits the facts. */
export class QueueOperations {
  constructor(
    private readonly scripts: QueueScripts,
    private readonly keys: QueueKeySpace,
    private readonly onFact: (fact: QueueFact) => void,
  ) {}

  async run<N extends ScriptName>(name: N, accountSid: string, queueSid: string, args: ArgumentsOf<N>): Promise<ScriptReply> {
    const scope = { account: accountSid, channels: this.keys.channelPrefix, nonce: newToken(4), queueSid };
    const all = { ...scope, ...args } as unknown as ScriptArguments<(typeof QUEUE_SCRIPTS)[N]>;
    const reply = await this.scripts.run(name, this.keys.of(accountSid, queueSid), all);
    for (const fact of queueFacts(accountSid, reply)) this.onFact(fact);
    return reply;
  }

  /** The same for a queue whose sid may have been guessed or be out of date: `moved` names the right one (or none). */
  async runWhereItIs<N extends ScriptName>(
    name: N,
    accountSid: string,
    queueSid: string,
    args: (queueSid: string) => ArgumentsOf<N>,
  ): Promise<ScriptReply & { readonly ranOn: string }> {
    let place = queueSid;
    for (let move = 0; move <= MOVES; move++) {
      const reply = await this.run(name, accountSid, place, args(place));
      if (reply.outcome !== 'moved') return { ...reply, ranOn: place };
      place = text(reply, 'queueSid');
    }
    throw new GatewayError('queueing-moving', `${name}: the queue moved ${MOVES} times in a row`);
  }
}
