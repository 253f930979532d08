import { createResponse, parseMessage, serialiseMessage, SipHeaders, type SipResponse } from '../../../src/protocol/sip';
import { SipStack } from '../../../src/sip-stack';
import { CorpusCount } from '../../support/corpus-count';
import { ManualClock } from '../../support/manual-clock';
import { Edge } from './edge';
import { judge, VERDICTS } from './judge';
import { invalidMessages } from './rfc4475-invalid';
import { semanticCases } from './rfc4475-semantics';
import { validRequests, validResponses } from './rfc4475-valid';

// The RFC gives many of its messages the same branch: one server for all would take them for repetitions.
let edge: Edge;
beforeEach(async () => {
  edge = new Edge();
  await edge.start();
});
afterEach(() => edge.stop());

const told = new CorpusCount('sip-torture');
afterAll(() => told.print());

const cases = [...validRequests, ...validResponses, ...invalidMessages, ...semanticCases];

describe('RFC 4475', () => {
  it.each(cases)('$section $name: $about', async (torture) => {
    await judge(torture, edge);
    told.add(`${VERDICTS[torture.verdict.kind]} (RFC 4475)`);
  });

  it('has 49 messages, each of them here', () => {
    expect(new Set(cases.map(({ section }) => section)).size).toBe(49);
  });

  it('3.2.1: two requests whose branch is the bare cookie are two transactions', async () => {
    const bytes = (number: number): Buffer => Buffer.from(
      'OPTIONS sip:user@example.com SIP/2.0\r\nTo: sip:user@example.com\r\nFrom: sip:caller@example.org;tag=33242\r\n'
      + `Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\nCall-ID: bare-${number}\r\nCSeq: ${number} OPTIONS\r\nl: 0\r\n\r\n`);
    const before = edge.passedOn.length;
    expect((await edge.ask(bytes(1))).status).toBe(480);
    expect((await edge.ask(bytes(2))).status).toBe(480);
    expect((await edge.ask(bytes(2))).status).toBe(480);
    expect(edge.passedOn).toHaveLength(before + 2);
  });

  it('3.3.10: a response with a second Via is thrown away although its branch is ours', async () => {
    let deliver: (response: SipResponse) => void = () => undefined;
    const peer = { protocol: 'UDP', host: '10.0.0.2', port: 5060 } as const;
    const stack = new SipStack({
      clock: new ManualClock(),
      transport: {
        protocol: 'UDP', reliable: false, send: () => undefined, stop: async () => undefined,
        start: async (receive) => {
          deliver = (response) => receive(serialiseMessage(response), peer);
          return { ...peer, host: '10.0.0.1' };
        },
      },
    });
    await stack.start({ host: '10.0.0.1', port: 5060 });
    const headers = new SipHeaders([['From', '<sip:a@b>;tag=1'], ['To', '<sip:c@d>'], ['Call-ID', 'x'], ['CSeq', '1 OPTIONS']]);
    const request = { kind: 'request', method: 'OPTIONS', uri: 'sip:c@d', headers, body: Buffer.alloc(0) } as const;
    const statuses: number[] = [];
    stack.request(request, peer).on('response', ({ status }) => statuses.push(status));
    const misrouted = createResponse(request, 200, { toTag: 't' });
    misrouted.headers.append('Via', 'SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23');
    deliver(misrouted);
    expect(statuses).toEqual([]);
    deliver(createResponse(request, 202, { toTag: 't' }));
    expect(statuses).toEqual([202]);
    await stack.stop();
  });

  it('3.1.2: the messages are refused for the reason they were made for', () => {
    const reasons = invalidMessages.map(({ name, bytes }) => {
      const parsed = parseMessage(bytes);
      return parsed.ok ? '' : `${name}: ${parsed.reason}`;
    }).filter(Boolean);
    expect(reasons).toEqual([
      'clerr: body is shorter than Content-Length', 'ncl: Content-Length is no number',
      'lwsruri: malformed request line "INVITE sip:user@example.com; lr SIP/2.0"',
      'lwsstart: malformed request line "INVITE  sip:user@example.com  SIP/2.0"',
      'trws: malformed request line "OPTIONS sip:remote-target@example.com SI"', 'badvers: SIP version 7.0',
      'bigcode: no start line in "SIP/2.0 4294967301 better not break the "',
    ]);
  });
});
