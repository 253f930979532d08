import {
  createResponse, parseMessage, serialiseMessage, SipHeaders, type SipMessage, type SipRequest,
} from '../../../src/protocol/sip';
import { type PeerAddress, type ServerTransaction, SipStack, type Transport } from '../../../src/sip-stack';
import { ManualClock } from '../../support/manual-clock';

const peer: PeerAddress = { protocol: 'UDP', host: '10.0.0.2', port: 5060 };

/** A network of one test: what was sent, when, and a way to receive. */
class TestTransport implements Transport {
  readonly protocol = 'UDP';
  readonly sent: { readonly atMs: number; readonly message: SipMessage; readonly to: PeerAddress }[] = [];
  readonly #clock: ManualClock;
  #receive: (bytes: Buffer, peer: PeerAddress) => void = () => undefined;
  failing = false;

  constructor(clock: ManualClock, readonly reliable = false) {
    this.#clock = clock;
  }

  async start(receive: (bytes: Buffer, peer: PeerAddress) => void): Promise<PeerAddress> {
    this.#receive = receive;
    return { protocol: 'UDP', host: '10.0.0.1', port: 5060 };
  }

  send(bytes: Buffer, to: PeerAddress, failed: (error: Error) => void): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(parsed.reason);
    if (this.failing) failed(new Error('unreachable'));
    else this.sent.push({ atMs: this.#clock.monotonic(), message: parsed.message, to });
  }

  receive(message: SipMessage, from = peer): void {
    this.#receive(serialiseMessage(message), from);
  }

  async stop(): Promise<void> {
    this.sent.length = 0;
  }

  /** Times at which messages of this method or status left. */
  times(what: string | number): number[] {
    const is = ({ message }: { message: SipMessage }) => (message.kind === 'request' ? message.method : message.status) === what;
    return this.sent.filter(is).map(({ atMs }) => atMs);
  }
}

async function stackOn(reliable = false) {
  const clock = new ManualClock();
  const transport = new TestTransport(clock, reliable);
  const stack = new SipStack({ clock, transport });
  await stack.start({ host: '10.0.0.1', port: 5060 });
  return { clock, transport, stack };
}

function request(method: string, headers: [string, string][] = []): SipRequest {
  return {
    kind: 'request', method, uri: 'sip:bob@10.0.0.2', body: Buffer.alloc(0),
    headers: new SipHeaders([
      ...headers, ['From', '<sip:a@10.0.0.1>;tag=f'], ['To', '<sip:bob@10.0.0.2>'], ['Call-ID', 'c'], ['CSeq', `1 ${method}`],
    ]),
  };
}

const received = (method: string, branch = 'z9hG4bKpeer'): SipRequest =>
  request(method, [['Via', `SIP/2.0/UDP 10.0.0.2;branch=${branch};rport`]]);

describe('a client transaction of INVITE', () => {
  async function placed(reliable = false) {
    const around = await stackOn(reliable);
    const transaction = around.stack.request(request('INVITE'), peer);
    const events: (string | number)[] = [];
    transaction.on('response', ({ status }) => events.push(status));
    transaction.on('timeout', () => events.push('timeout'));
    transaction.on('transportError', () => events.push('transport error'));
    transaction.on('terminated', () => events.push('terminated'));
    const answer = (status: number): void =>
      around.transport.receive(createResponse(transaction.request, status, { toTag: 't' }));
    return { ...around, transaction, events, answer };
  }

  it('is sent again at T1 doubling, and times out after 64*T1', async () => {
    const { clock, transport, events } = await placed();
    clock.advance(31_999);
    expect(transport.times('INVITE')).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual(['timeout', 'terminated']);
    expect(clock.pending).toBe(0);
  });

  it('is not repeated over a reliable transport', async () => {
    const { clock, transport, events } = await placed(true);
    clock.advance(32_000);
    expect(transport.times('INVITE')).toEqual([0]);
    expect(events).toEqual(['timeout', 'terminated']);
  });

  it('waits for ever after a provisional response', async () => {
    const { clock, transport, events, answer } = await placed();
    answer(180);
    clock.advance(600_000);
    expect(transport.times('INVITE')).toEqual([0]);
    expect(events).toEqual([180]);
  });

  it('acknowledges a failure, again for each repetition, and is over after 32 s', async () => {
    const { clock, transport, events, answer } = await placed();
    answer(486);
    answer(486);
    expect(transport.times('ACK')).toHaveLength(2);
    const ack = transport.sent.find(({ message }) => message.kind === 'request' && message.method === 'ACK')?.message;
    const branch = (message: SipMessage | undefined) => /branch=([^;]+)/.exec(message?.headers.get('Via') ?? '')?.[1];
    expect(branch(ack)).toBe(branch(transport.sent[0]?.message));
    expect(events).toEqual([486]);
    clock.advance(32_000);
    expect(events).toEqual([486, 'terminated']);
  });

  it('passes every 2xx on for 64*T1 and leaves their ACK to the dialog', async () => {
    const { clock, transport, stack, events, answer } = await placed();
    const stray: number[] = [];
    stack.on('strayResponse', ({ status }) => stray.push(status));
    answer(200);
    clock.advance(31_000);
    answer(200);
    clock.advance(1_000);
    answer(200);
    expect(transport.times('ACK')).toEqual([]);
    expect(events).toEqual([200, 200, 'terminated']);
    expect(stray).toEqual([200]);
  });

  it('is cancelled only after a provisional response, with the branch of the INVITE', async () => {
    const { clock, transport, transaction, answer, events } = await placed();
    expect(transaction.cancel()).toEqual({ outcome: 'waits-for-provisional' });
    expect(transport.times('CANCEL')).toEqual([]);
    answer(100);
    expect(transport.times('CANCEL')).toHaveLength(1);
    expect(transaction.cancel()).toEqual({ outcome: 'sent' });
    expect(transport.times('CANCEL')).toHaveLength(1);
    clock.advance(31_999);
    expect(events).toEqual([100]);
    clock.advance(1);
    expect(events).toEqual([100, 'timeout', 'terminated']);
  });

  it('reports a transport error', async () => {
    const { clock, transport, events } = await placed();
    transport.failing = true;
    clock.advance(500);
    expect(events).toEqual(['transport error', 'terminated']);
  });
});

describe('a client transaction of another method', () => {
  it('is sent again up to T2 apart, also while provisional, until a final response', async () => {
    const { clock, transport, stack } = await stackOn();
    const transaction = stack.request(request('INFO'), peer);
    const events: (string | number)[] = [];
    transaction.on('response', ({ status }) => events.push(status));
    transaction.on('terminated', () => events.push('terminated'));
    clock.advance(8_000);
    expect(transport.times('INFO')).toEqual([0, 500, 1_500, 3_500, 7_500]);
    transport.receive(createResponse(transaction.request, 100));
    clock.advance(4_000);
    expect(transport.times('INFO')).toHaveLength(6);
    transport.receive(createResponse(transaction.request, 200));
    transport.receive(createResponse(transaction.request, 200));
    expect(events).toEqual([100, 200]);
    clock.advance(5_000);
    expect(events).toEqual([100, 200, 'terminated']);
  });

  it('times out after 64*T1', async () => {
    const { clock, stack } = await stackOn();
    let timeouts = 0;
    stack.request(request('BYE'), peer).on('timeout', () => {
      timeouts += 1;
    });
    clock.advance(31_999);
    expect(timeouts).toBe(0);
    clock.advance(1);
    expect(timeouts).toBe(1);
  });
});

describe('a server transaction', () => {
  async function receiving(method: string) {
    const around = await stackOn();
    const transactions: ServerTransaction[] = [];
    const acks: SipRequest[] = [];
    around.stack.onRequest((_request, transaction) => transactions.push(transaction));
    around.stack.onAck((ack) => acks.push(ack));
    around.transport.receive(received(method));
    const [transaction] = transactions;
    if (transaction === undefined) throw new Error('no transaction');
    const events: string[] = [];
    for (const event of ['cancelled', 'lateCancel', 'ackTimeout', 'terminated'] as const) {
      transaction.on(event, () => events.push(event));
    }
    return { ...around, transactions, transaction, acks, events };
  }

  it('of INVITE repeats its provisional for a repeated request', async () => {
    const { transport, transactions, transaction } = await receiving('INVITE');
    transport.receive(received('INVITE'));
    expect(transport.sent).toHaveLength(0);
    transaction.reply(180);
    transport.receive(received('INVITE'));
    expect(transport.times(180)).toHaveLength(2);
    expect(transport.sent[0]?.to).toEqual(peer);
    expect(transactions).toHaveLength(1);
  });

  it('of INVITE repeats a failure until its ACK', async () => {
    const { clock, transport, transaction, acks, events } = await receiving('INVITE');
    transaction.reply(486);
    clock.advance(12_000);
    expect(transport.times(486)).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500]);
    transport.receive(received('ACK'));
    clock.advance(4_999);
    expect(transport.times(486)).toHaveLength(6);
    expect(acks).toHaveLength(0);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual(['terminated']);
    expect(transaction.reply(200)).toBeUndefined();
  });

  it('of INVITE gives up without an ACK after 64*T1', async () => {
    const { clock, transaction, events } = await receiving('INVITE');
    transaction.reply(500);
    clock.advance(32_000);
    expect(events).toEqual(['ackTimeout', 'terminated']);
  });

  it('of INVITE absorbs repetitions after 2xx, lets the owner repeat it, and hands the ACK to the dialog', async () => {
    const { clock, transport, transactions, transaction, acks, events } = await receiving('INVITE');
    const answer = transaction.reply(200);
    transport.receive(received('INVITE'));
    expect(transport.times(200)).toHaveLength(1);
    expect(answer !== undefined && transaction.respond(answer)).toBe(true);
    expect(transport.times(200)).toHaveLength(2);
    transport.receive(received('ACK', 'z9hG4bKanother'));
    transport.receive(received('ACK'));
    expect(acks).toHaveLength(2);
    expect(transaction.reply(486)).toBeUndefined();
    clock.advance(32_000);
    expect(events).toEqual(['terminated']);
    expect(transactions).toHaveLength(1);
  });

  it('of INVITE is cancelled before its final response, and not after', async () => {
    const { transport, transaction, events } = await receiving('INVITE');
    transport.receive(received('CANCEL'));
    expect(transport.times(200)).toHaveLength(1);
    expect(events).toEqual(['cancelled']);
    transaction.reply(487);
    const again = await receiving('INVITE');
    again.transaction.reply(200);
    again.transport.receive(received('CANCEL'));
    expect(again.events).toEqual(['lateCancel']);
    again.transport.receive(received('CANCEL', 'z9hG4bKunknown'));
    expect(again.transport.times(481)).toHaveLength(1);
  });

  it('of another method repeats its final response for 64*T1', async () => {
    const { clock, transport, transactions, transaction, events } = await receiving('OPTIONS');
    transport.receive(received('OPTIONS'));
    expect(transport.sent).toHaveLength(0);
    transaction.reply(200);
    transport.receive(received('OPTIONS'));
    expect(transport.times(200)).toHaveLength(2);
    clock.advance(32_000);
    expect(events).toEqual(['terminated']);
    transport.receive(received('OPTIONS'));
    expect(transactions).toHaveLength(2);
  });

  it('that nobody will answer is forgotten without a word', async () => {
    const { clock, transport, transaction, events } = await receiving('INVITE');
    transaction.abandon();
    expect(events).toEqual(['terminated']);
    expect(transport.sent).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });
});

describe('what is no proper request', () => {
  it('is answered 400 where a reply is possible, and reported', async () => {
    const { transport, stack } = await stackOn();
    const reasons: string[] = [];
    stack.on('malformed', (reason) => reasons.push(reason));
    const broken = received('INFO');
    broken.headers.remove('Call-ID');
    transport.receive(broken);
    expect(transport.times(400)).toHaveLength(1);
    const faceless = received('INFO');
    faceless.headers.remove('Via');
    transport.receive(faceless);
    expect(reasons).toEqual(['Call-ID is missing', 'Via is missing or malformed']);
    expect(transport.sent).toHaveLength(1);
  });

  it('is told apart by method and sent-by when peers use one branch, or an old one', async () => {
    const { transport, stack } = await stackOn();
    const seen: string[] = [];
    stack.onRequest(({ method }) => seen.push(method));
    transport.receive(received('OPTIONS', 'z9hG4bKsame'));
    transport.receive(received('INFO', 'z9hG4bKsame'));
    transport.receive(received('INFO', 'old'));
    transport.receive(received('INFO', 'old'));
    expect(seen).toEqual(['OPTIONS', 'INFO', 'INFO']);
  });

  it('that comes by two ways is refused the second time, unless it belongs to a dialog', async () => {
    const { stack, transport } = await stackOn();
    const seen: string[] = [];
    stack.onRequest(({ method }, transaction) => {
      seen.push(method);
      transaction.reply(180);
    });
    transport.receive(received('INVITE', 'z9hG4bKone'));
    transport.receive(received('INVITE', 'z9hG4bKtwo'));
    transport.receive(received('INVITE', 'z9hG4bKone'));
    expect(seen).toEqual(['INVITE']);
    expect(transport.times(482)).toHaveLength(1);
    for (const branch of ['z9hG4bK3', 'z9hG4bK4']) {
      const inside = received('INFO', branch);
      inside.headers.set('To', '<sip:bob@10.0.0.2>;tag=t');
      transport.receive(inside);
    }
    expect(seen).toEqual(['INVITE', 'INFO', 'INFO']);
  });

  it('goes back to where it came from: rport, or the port of Via', async () => {
    const { transport, stack } = await stackOn();
    stack.onRequest((_request, transaction) => transaction.reply(200));
    const from: PeerAddress = { protocol: 'UDP', host: '192.0.2.7', port: 4_444 };
    transport.receive(received('INFO', 'z9hG4bKa'), from);
    transport.receive(request('INFO', [['Via', 'SIP/2.0/UDP 10.0.0.2:5099;branch=z9hG4bKb']]), from);
    expect(transport.sent.map(({ to }) => `${to.host}:${to.port}`)).toEqual(['192.0.2.7:4444', '192.0.2.7:5099']);
    expect(transport.sent[0]?.message.headers.get('Via')).toContain('received=192.0.2.7');
  });
});
