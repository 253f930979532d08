import fc from 'fast-check';
import { parseMessage, serialiseMessage, SipHeaders } from '../../../src/protocol/sip';
import { SipStack, type PeerAddress } from '../../../src/sip-stack';
import { ManualClock } from '../../support/manual-clock';

const invite = Buffer.from([
  'INVITE sip:bob@10.0.0.2 SIP/2.0', 'Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1;rport', 'From: "A" <sip:a@b>;tag=1',
  'To: <sip:bob@10.0.0.2>', 'Call-ID: c', 'CSeq: 1 INVITE', 'Contact: <sip:a@10.0.0.2>', 'Content-Length: 4', '', 'body',
].join('\r\n'));

/** The INVITE with some bytes overwritten, cut out or put in. */
const mangled = fc.array(
  fc.tuple(fc.nat(invite.length), fc.nat(12), fc.uint8Array({ maxLength: 12 })), { minLength: 1, maxLength: 6 },
).map((edits) => edits.reduce(
  (bytes, [at, gone, put]) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]), invite,
));

describe('whatever arrives', () => {
  it('never throws in the stack, and what can be read can be written and read again', async () => {
    let deliver: (bytes: Buffer, peer: PeerAddress) => void = () => undefined;
    const peer: PeerAddress = { protocol: 'UDP', host: '10.0.0.2', port: 5060 };
    const stack = new SipStack({
      clock: new ManualClock(),
      transport: {
        protocol: 'UDP',
        reliable: false,
        start: async (receive) => {
          deliver = receive;
          return { protocol: 'UDP', host: '10.0.0.1', port: 5060 };
        },
        send: () => undefined,
        stop: async () => undefined,
      },
    });
    await stack.start({ host: '10.0.0.1', port: 5060 });
    stack.onRequest((_request, transaction) => transaction.reply(200));
    fc.assert(fc.property(mangled, (bytes) => {
      deliver(bytes, peer);
      const parsed = parseMessage(bytes);
      if (!parsed.ok) return;
      const again = parseMessage(serialiseMessage(parsed.message));
      if (!again.ok) throw new Error(again.reason);
      expect(again.message.body.equals(parsed.message.body)).toBe(true);
      const lines = (headers: SipHeaders) => [...headers].filter(({ name }) => name !== 'Content-Length');
      expect(lines(again.message.headers)).toEqual(lines(parsed.message.headers));
    }), { numRuns: 3_000, seed: 7 });
    await stack.stop();
  });
});
