import { room } from './dist.mjs';

const { systemClock, newSid } = room('lib');
const { RedisConnection } = room('platform/redis');
const { createQueueEngine } = room('queueing');

/** A queue engine with a connection of its own; what it reports in the background fails the next `check()`. */
export async function startEngine(url, gatewayId = 'bench-1', options = {}) {
  const failures = [];
  const onFailure = (failure) => failures.push(failure);
  // A run keeps the connection busy for longer than a caller would be kept waiting.
  const connection = new RedisConnection({ url, name: 'bench', commandTimeoutMs: 30_000, onFailure });
  await connection.start();
  // A lease longer than any run: what is measured is the queue, not how often it is told that we live.
  const terms = { leaseMs: 600_000, heartbeatMs: 300_000 };
  const open = async () => {
    const engine = createQueueEngine({ connection, gatewayId, clock: systemClock, onFailure, ...terms, ...options });
    await engine.start();
    return engine;
  };
  return {
    engine: await open(), connection, gatewayId,
    /** Another engine that knows nothing; `meanwhile` empties Redis, which an engine that knows callers would fill again. */
    async restart(meanwhile) {
      await this.engine.stop();
      await meanwhile();
      this.engine = await open();
    },
    check() {
      if (failures.length > 0) throw new Error(`in the background: ${failures[0].message}`);
    },
    async stop() {
      await this.engine.stop();
      await connection.stop();
    },
  };
}

/** A leg as a call has it. */
export const legOf = (callSid, number) => ({
  callSid,
  from: `+4930${String(1_000_000 + number)}`,
  to: '+493055501000',
  endpointUuid: '7c5a4cd4-9f0e-4d0c-8f43-0d8a9a9f0b10',
  mediaServer: 'freeswitch-2.example.net:8021',
});

export const accountSids = (count) => Array.from({ length: count }, () => newSid('AC'));
export const callSid = () => newSid('CA');
