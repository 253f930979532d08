import { parseMessage, serialiseMessage, sipLimits } from '../../../src/protocol/sip';
import { type PeerAddress, SipStack } from '../../../src/sip-stack';
import { ManualClock } from '../../support/manual-clock';
import { corpus } from './corpus';
import { Mutator } from './mutator';

/** `HOLDFAST_SIP_MUTATIONS=1000000` for a long run, `HOLDFAST_SIP_MUTATION_SEED` to repeat one. */
const count = Number(process.env['HOLDFAST_SIP_MUTATIONS'] ?? 50_000);
const seed = Number(process.env['HOLDFAST_SIP_MUTATION_SEED'] ?? Date.now() % 1_000_000_007);
const limitMs = 50;

/** A stack that is handed bytes and answers into the void. */
async function deafStack() {
  let deliver: (bytes: Buffer, peer: PeerAddress) => void = () => undefined;
  let answers = 0;
  const stack = new SipStack({
    clock: new ManualClock(),
    transport: {
      protocol: 'UDP', reliable: false, stop: async () => undefined,
      start: async (receive) => {
        deliver = receive;
        return { protocol: 'UDP', host: '10.0.0.1', port: 5060 };
      },
      send: () => {
        answers += 1;
      },
    },
  });
  await stack.start({ host: '10.0.0.1', port: 5060 });
  stack.onRequest((_request, transaction) => transaction.reply(200));
  return { stack, deliver: (bytes: Buffer) => deliver(bytes, { protocol: 'UDP', host: '10.0.0.2', port: 5060 }), answers: () => answers };
}

describe('mutated messages', () => {
  it(`(${count}, seed ${seed}) never throw, never take ${limitMs} ms, and what can be read reads the same when written`, async () => {
    const mutator = new Mutator(seed, corpus);
    let network = await deafStack();
    const tally = { read: 0, refused: 0, dropped: 0, answered: 0 };
    let slowest: { ms: number; bytes: Buffer } = { ms: 0, bytes: Buffer.alloc(0) };
    for (let i = 0; i < count; i += 1) {
      const bytes = mutator.next();
      let took = await measured(bytes, tally, network.deliver);
      // A pause of the machine is no fault of the message: what is slow once must be slow again.
      for (let again = 0; took > limitMs / 2 && again < 3; again += 1) {
        took = Math.min(took, await measured(bytes, { read: 0, refused: 0, dropped: 0 }, network.deliver));
      }
      if (took > slowest.ms) slowest = { ms: took, bytes };
      if (took > limitMs) {
        throw new Error(`message ${i} of seed ${seed} took ${took} ms: ${bytes.toString('base64').slice(0, 2_000)}`);
      }
      // The stack keeps transactions until its clock moves, and here it does not.
      if (i % 2_000 === 1_999) {
        tally.answered += network.answers();
        await network.stack.stop();
        network = await deafStack();
      }
    }
    await network.stack.stop();
    process.stdout.write(`mutations: ${count} seed ${seed} ${JSON.stringify(tally)}, slowest ${slowest.ms.toFixed(1)} ms `
      + `(${slowest.bytes.length} bytes)\n`);
    // The corpus and the changes still reach every way out.
    expect(Math.min(tally.read, tally.refused, tally.dropped, tally.answered)).toBeGreaterThan(count / 100);
  }, 60_000 + count);
});

/** Milliseconds that the parser and the stack spend on one message. */
async function measured(
  bytes: Buffer, tally: { read: number; refused: number; dropped: number }, deliver: (bytes: Buffer) => void,
): Promise<number> {
  const before = performance.now();
  const parsed = parseMessage(bytes);
  deliver(bytes);
  const took = performance.now() - before;
  if (!parsed.ok) {
    if (parsed.refused === undefined) tally.dropped += 1;
    else tally.refused += 1;
    return took;
  }
  tally.read += 1;
  const written = serialiseMessage(parsed.message);
  // Bytes that are no UTF-8 are written as U+FFFD, three bytes each.
  if (written.length > sipLimits.messageBytes) return took;
  const again = parseMessage(written);
  if (!again.ok) throw new Error(`written but not read again (${again.reason}): ${bytes.toString('base64')}`);
  const lines = ({ headers }: typeof parsed.message): string =>
    [...headers].filter(({ name }) => name !== 'Content-Length').map(({ name, value }) => `${name}: ${value}`).join('\n');
  if (lines(again.message) !== lines(parsed.message) || !again.message.body.equals(parsed.message.body)) {
    throw new Error(`reads otherwise when written: ${bytes.toString('base64')}`);
  }
  return took;
}
