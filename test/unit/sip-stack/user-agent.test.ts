import { type CallEnd, type DropHook, type IncomingCall, UserAgent } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';

const fast = { t1Ms: 20, t2Ms: 80, t4Ms: 100 };
const started: UserAgent[] = [];

async function startAgent(user: string, drop?: DropHook): Promise<{ agent: UserAgent; uri: string }> {
  const agent = new UserAgent({ user, timing: fast, ...(drop === undefined ? {} : { drop }) });
  const { host, port } = await agent.start({ host: '127.0.0.1', port: 0 });
  started.push(agent);
  return { agent, uri: `sip:${user}@${host}:${port}` };
}

/** Loses the first `times` messages that begin with `start` in this direction. */
function losing(direction: 'in' | 'out', start: string, times: number): DropHook & { lost(): number } {
  let lost = 0;
  const hook = (passing: Parameters<DropHook>[0]): boolean => {
    const hit = passing.direction === direction && lost < times && passing.bytes.toString().startsWith(start);
    if (hit) lost += 1;
    return hit;
  };
  return Object.assign(hook, { lost: () => lost });
}

async function establish(dropAtCaller?: DropHook, dropAtCallee?: DropHook) {
  const ann = await startAgent('ann', dropAtCaller);
  const bob = await startAgent('bob', dropAtCallee);
  let incoming: IncomingCall | undefined;
  const acks: string[] = [];
  const ends: { caller: CallEnd[]; callee: CallEnd[] } = { caller: [], callee: [] };
  bob.agent.onInvite((call) => {
    incoming = call;
    call.on('ack', (ack) => acks.push(ack.body.toString()));
    call.on('ended', (end) => ends.callee.push(end));
    call.ring();
    call.accept({ body: 'v=0 bob' });
  });
  const outgoing = ann.agent.invite({ uri: bob.uri, body: 'v=0 ann' });
  outgoing.on('ended', (end) => ends.caller.push(end));
  const answer = await new Promise<string>((resolve) => outgoing.on('accepted', ({ body }) => resolve(body.toString())));
  const callee = incoming;
  if (callee === undefined) throw new Error('no incoming call');
  return { outgoing, incoming: callee, answer, acks, ends, bob, ann };
}

afterEach(async () => {
  for (const agent of started.splice(0)) await agent.stop();
});

describe('two user agents', () => {
  it('establish a call with offer and answer, and the caller ends it', async () => {
    const call = await establish();
    expect(call.incoming.invite.body.toString()).toBe('v=0 ann');
    expect(call.answer).toBe('v=0 bob');
    await eventually(() => expect(call.acks).toEqual(['']));
    const result = await call.outgoing.bye({ headers: { Reason: 'Q.850;cause=16' } });
    expect(result).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    expect(call.ends.caller).toEqual([{ by: 'local' }]);
    expect(call.ends.callee).toMatchObject([{ by: 'remote' }]);
    expect(call.ends.callee[0]?.request?.headers.get('Reason')).toBe('Q.850;cause=16');
    await expect(call.incoming.request('INFO')).rejects.toThrow('after the end of the call');
  });

  it('let the callee end it, send INFO and change it by re-INVITE in both directions', async () => {
    const { outgoing, incoming, ends, acks } = await establish();
    await eventually(() => expect(acks).toHaveLength(1));
    for (const [from, to] of [[outgoing, incoming], [incoming, outgoing]] as const) {
      const seen: string[] = [];
      to.onReinvite((reinvite) => {
        seen.push(reinvite.request.body.toString());
        reinvite.accept({ body: 'v=0 changed' });
      });
      to.onRequest((request, transaction) => {
        seen.push(`${request.method} ${request.body.toString()}`);
        transaction.reply(200, { body: 'seen' });
      });
      const changed = await from.reinvite({ body: 'v=0 hold' });
      expect(changed.outcome === 'answered' && changed.response.body.toString()).toBe('v=0 changed');
      const informed = await from.request('INFO', { body: '5', headers: { 'Content-Type': 'application/dtmf' } });
      expect(informed.outcome === 'answered' && informed.response.body.toString()).toBe('seen');
      expect(seen).toEqual(['v=0 hold', 'INFO 5']);
    }
    await eventually(() => expect(acks).toHaveLength(2));
    await incoming.bye();
    await eventually(() => expect(ends.caller).toMatchObject([{ by: 'remote' }]));
  });

  it('refuse a request that is older than one already seen', async () => {
    const { outgoing, ann, bob } = await establish();
    const facts = outgoing.dialog;
    if (facts === undefined) throw new Error('no dialog');
    const late = facts.createRequest('INFO');
    expect(await outgoing.request('INFO')).toMatchObject({ response: { status: 200 } });
    const transaction = ann.agent.stack.request(late, bob.agent.stack.local);
    expect(await new Promise((resolve) => transaction.on('response', ({ status }) => resolve(status)))).toBe(500);
  });

  it('carry the answer in the ACK when the INVITE has no offer', async () => {
    const ann = await startAgent('ann');
    const bob = await startAgent('bob');
    const acks: string[] = [];
    bob.agent.onInvite((call) => {
      call.on('ack', (ack) => acks.push(ack.body.toString()));
      call.accept({ body: `offer for ${call.invite.body.length} bytes` });
    });
    const call = ann.agent.invite({ uri: bob.uri });
    call.on('accepted', ({ body }) => call.ack(`answer to ${body.toString()}`));
    await eventually(() => expect(acks).toEqual(['answer to offer for 0 bytes']));
  });

  it('cancel a ringing call', async () => {
    const ann = await startAgent('ann');
    const bob = await startAgent('bob');
    let cancelled = 0;
    bob.agent.onInvite((incoming) => {
      incoming.on('cancelled', () => {
        cancelled += 1;
        expect(incoming.accept({ body: 'late' })).toBe(false);
      });
      incoming.ring(183);
    });
    const call = ann.agent.invite({ uri: bob.uri, body: 'v=0' });
    call.on('provisional', () => call.cancel());
    const status = await new Promise((resolve) => call.on('rejected', (response) => resolve(response.status)));
    expect(status).toBe(487);
    expect(cancelled).toBe(1);
    expect(call.cancel()).toEqual({ outcome: 'too-late' });
  });

  it('end a call whose 200 crossed the CANCEL', async () => {
    const ann = await startAgent('ann', losing('out', 'CANCEL', 99));
    const bob = await startAgent('bob');
    const ends: CallEnd[] = [];
    bob.agent.onInvite((incoming) => {
      incoming.on('ended', (end) => ends.push(end));
      incoming.ring();
      setTimeout(() => incoming.accept({ body: 'v=0' }), 20);
    });
    const call = ann.agent.invite({ uri: bob.uri, body: 'v=0' });
    const accepted: number[] = [];
    call.on('accepted', ({ status }) => accepted.push(status));
    call.on('provisional', () => call.cancel());
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]));
    expect(accepted).toEqual([]);
  });

  it('reject, and refuse what nobody takes', async () => {
    const ann = await startAgent('ann');
    const bob = await startAgent('bob');
    const placed = async (): Promise<number> => {
      const call = ann.agent.invite({ uri: bob.uri, body: 'v=0' });
      return new Promise((resolve) => call.on('rejected', ({ status }) => resolve(status)));
    };
    expect(await placed()).toBe(480);
    bob.agent.onInvite((call) => call.reject(486));
    expect(await placed()).toBe(486);
    expect(await ann.agent.request('OPTIONS', { uri: bob.uri })).toMatchObject({ response: { status: 200 } });
    expect(await ann.agent.request('PUBLISH', { uri: bob.uri })).toMatchObject({ response: { status: 405 } });
    const gone = await ann.agent.request('BYE', { uri: bob.uri, to: `<${bob.uri}>;tag=nobody` });
    expect(gone).toMatchObject({ response: { status: 481 } });
  });
});

describe('over a network that loses messages', () => {
  it('the INVITE, the 200 and the ACK are repeated until the call stands', async () => {
    const atCaller = losing('out', 'INVITE', 2);
    const answers = losing('out', 'SIP/2.0 200', 2);
    const acksLost = losing('in', 'ACK', 2);
    const call = await establish(atCaller, (passing) => answers(passing) || acksLost(passing));
    await eventually(() => expect(call.acks).toEqual(['']));
    expect([atCaller.lost(), answers.lost(), acksLost.lost()]).toEqual([2, 2, 2]);
  });

  it('the callee says BYE when the ACK never comes', async () => {
    const call = await establish(undefined, losing('in', 'ACK', 9_999));
    await eventually(() => expect(call.ends.callee).toEqual([{ by: 'no-ack' }]));
    await eventually(() => expect(call.ends.caller).toMatchObject([{ by: 'remote' }]));
  });

  it('a BYE that is lost is repeated, and one that is never answered times out', async () => {
    const lost = losing('out', 'BYE', 1);
    const call = await establish(lost);
    expect(await call.outgoing.bye()).toMatchObject({ outcome: 'answered' });
    expect(lost.lost()).toBe(1);
    const deaf = await establish(losing('out', 'BYE', 9_999));
    expect(await deaf.outgoing.bye()).toEqual({ outcome: 'timeout' });
  });

  it('a call to nobody fails with timeout', async () => {
    const ann = await startAgent('ann', losing('out', 'INVITE', 9_999));
    const call = ann.agent.invite({ uri: 'sip:nobody@127.0.0.1:9', body: 'v=0' });
    const reason = await new Promise((resolve) => call.on('failed', resolve));
    expect(reason).toBe('timeout');
  });
});
