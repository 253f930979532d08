import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.mjs';
import { startProgram } from './program.mjs';

const main = fileURLToPath(new URL('../../../dist/relay/main.js', import.meta.url));
const [HOST, SECRET] = ['127.0.0.1', 'secret-of-the-relay-of-the-benchmarks'];

/** A relay on the servers of `stack`, and the stack that gateways see through it. */
export async function startRelay(stack) {
  const port = String(await freePorts(1));
  const relay = await startProgram('relay', [process.execPath, main], {
    env: { ...stack.env, HOLDFAST_RELAY_PORT: port, HOLDFAST_RELAY_SECRET: SECRET, HOLDFAST_RELAY_HTTP_PORT: '0', HOLDFAST_RELAY_DRAIN_MS: '0' },
  });
  return {
    pid: relay.pid, stop: () => relay.stop(),
    stack: { ...stack, env: { ...stack.env, DRACHTIO_HOST: HOST, DRACHTIO_PORT: port, DRACHTIO_SECRET: SECRET } },
  };
}
