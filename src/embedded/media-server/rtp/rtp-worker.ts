import { parentPort } from 'node:worker_threads';
import { type Clock, GatewayError, systemClock } from '../../../lib';
import type { EngineCommand } from './engine-messages';
import { StreamTable } from './stream-table';

/** performance.now() starts anew in every thread; the machine's own monotonic clock is the same in all of them. */
const sharedClock: Clock = Object.freeze({
  ...systemClock,
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
});

/** Thread entry: streams in, reports out. */
function runWorker(): void {
  const port = parentPort;
  if (!port) throw new GatewayError('embedded-not-a-worker', 'rtp-worker runs only as a worker thread');
  const table = new StreamTable(sharedClock, (message) => port.postMessage(message));
  port.on('message', (command: EngineCommand) => {
    table.run(command);
    if (command.type === 'stop') port.close();
  });
  table.start();
}

runWorker();
