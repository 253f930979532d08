import { parseMessage, serialiseMessage, sipLimits } from '../../../src/protocol/sip';
import { type PeerAddress, SipStack } from '../../../src/sip-stack';
import { CorpusCount } from '../../support/corpus-count';
import { ManualClock } from '../../support/manual-clock';
import { quickestMs } from '../../support/quickest';
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
      let took = measured(bytes, tally, network.deliver);
      // A pause of the machine is no fault of the message: what is slow once must be slow again.
      if (took > limitMs / 4) took = Math.min(took, quickestMs(() => readAndDeliver(bytes, network.deliver), limitMs));
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
    tally.answered += network.answers();
    const told = new CorpusCount('sip-mutations');
    told.add(`mutated messages (seed ${seed})`, count);
    for (const [what, times] of Object.entries(tally)) told.add(what, times);
    told.add(`ms for the slowest (${slowest.bytes.length} bytes)`, Number(slowest.ms.toFixed(1)));
    told.print();
    // The corpus and the changes still reach every way out.
    expect(Math.min(tally.read, tally.refused, tally.dropped, tally.answered)).toBeGreaterThan(count / 100);
  }, 60_000 + count);
});

function readAndDeliver(bytes: Buffer, deliver: (bytes: Buffer) => void): ReturnType<typeof parseMessage> {
  const parsed = parseMessage(bytes);
  deliver(bytes);
  return parsed;
}

/** Milliseconds that the parser and the stack spend on one message. */
function measured(
  bytes: Buffer, tally: { read: number; refused: number; dropped: number }, deliver: (bytes: Buffer) => void,
): number {
  const before = performance.now();
  const parsed = readAndDeliver(bytes, deliver);
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
