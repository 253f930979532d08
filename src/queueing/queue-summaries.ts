import type { RedisConnection } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import type { QueueOperations } from './queue-operations';
import { number, text } from './queue-replies';
import type { QueueSummary } from './queue-types';

interface Totals {
  readonly members: number;
  readonly waiting: number;
  readonly agentsWaiting: number;
  readonly queues: number;
}

/** How many are in a queue, and in all queues of some accounts. Only reads. */
export class QueueSummaries {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: QueueKeySpace,
    private readonly operations: QueueOperations,
  ) {}

  async find(accountSid: string, queueName: string): Promise<QueueSummary | undefined> {
    const queueSid = await this.connection.client.hget(this.keys.of(accountSid, '').names, queueName);
    return queueSid === null ? undefined : this.#of(accountSid, queueSid);
  }

  async totals(accounts: readonly string[]): Promise<Totals> {
    const total = { members: 0, waiting: 0, agentsWaiting: 0, queues: 0 };
    for (const accountSid of accounts) {
      const queueSids = await this.connection.client.hkeys(this.keys.of(accountSid, '').queues);
      for (const queue of await Promise.all(queueSids.map((queueSid) => this.#of(accountSid, queueSid)))) {
        if (!queue) continue;
        total.queues++;
        total.members += queue.size;
        total.waiting += queue.waiting;
        total.agentsWaiting += queue.agentsWaiting;
      }
    }
    return total;
  }

  async #of(accountSid: string, queueSid: string): Promise<QueueSummary | undefined> {
    const reply = await this.operations.run('queue-summary', accountSid, queueSid, {});
    if (reply.outcome !== 'found') return undefined;
    return {
      queueSid,
      queueName: text(reply, 'queueName'),
      maxSize: number(reply, 'maxSize'),
      size: number(reply, 'size'),
      waiting: number(reply, 'waiting'),
      agentsWaiting: number(reply, 'agentsWaiting'),
      averageQueueTimeMs: number(reply, 'averageQueueTimeMs'),
      createdAt: number(reply, 'createdAt'),
    };
  }
}
