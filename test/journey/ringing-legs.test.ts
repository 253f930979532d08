import { type IncomingPhoneCall, Phone } from '../../src/phone';
import { eventually } from '../support/eventually';
import { dialIn, type Party, requestOf, requestsOf } from '../support/queue-story';
import { World } from '../support/world';

const CALLBACKS = 'statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed"';

// What is left of a Dial's time, whispers and the ways to a party: test/unit/interpreter/dial-takeover.test.ts.
describe('legs that a Dial is ringing when its gateway goes', () => {
  let world: World;
  /** What the outbound trunk leads to. */
  let outside: Phone;
  let rung: IncomingPhoneCall[];

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      gateways: 2, numbers: { 1000: '/one', 2000: '/two' }, outbound: { host: '127.0.0.1', port: outside.port },
    });
    world.app
      .on('/one', `<Response><Dial action="/done"><Number ${CALLBACKS}>+15550001</Number></Dial></Response>`)
      .on('/two', `<Response><Dial action="/done"><Number ${CALLBACKS}>+15550001</Number><Number ${CALLBACKS}>+15550002</Number></Dial></Response>`)
      .on('/done', '<Response><Pause length="30"/></Response>')
      .on('/status', '')
      .on('/leg', '');
  }, 60_000);
  beforeEach(() => {
    rung = [];
    outside.onIncoming((call) => {
      rung.push(call);
      call.ring();
    });
  });
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  /** A caller whose Dial rings so many phones, and every gateway could know that. */
  const ring = async (number: string, legs: number): Promise<{ caller: Party; gateway: number; callees: IncomingPhoneCall[] }> => {
    const caller = await dialIn(world, number, legs === 1 ? '/one' : '/two', { tone: 400 });
    await eventually(async () => {
      const record = await world.callRecord(caller.callSid);
      expect(record?.legs?.map(({ status, ringing }) => [status, ringing !== undefined])).toEqual(Array(legs).fill(['ringing', true]));
    }, 10_000);
    const gateway = (await world.gatewayOf(caller.callSid)) ?? 0;
    return { caller, gateway, callees: [...rung].sort((one, other) => one.to.localeCompare(other.to)) };
  };
  const isTakenOver = (caller: Party, gateway: number): Promise<void> => eventually(async () => {
    expect((await world.timeline(caller.callSid, 1 - gateway)).map(({ type }) => type)).toContain('call.taken-over');
  }, 10_000);
  /** What was told of the legs of this caller, oldest first: whose, status, number. */
  const toldOf = (caller: Party): string[][] => world.app.requestsTo('/leg')
    .filter(({ params }) => params['ParentCallSid'] === caller.callSid)
    .map(({ params }) => [params['To'] ?? '', params['CallStatus'] ?? '', params['SequenceNumber'] ?? '']);
  const sidsOf = (caller: Party): Set<unknown> => new Set(world.app.requestsTo('/leg')
    .filter(({ params }) => params['ParentCallSid'] === caller.callSid).map(({ params }) => params['CallSid']));
  const expectTheyTalk = async (caller: Party, callee: IncomingPhoneCall): Promise<void> => {
    await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
    await callee.audio.waitForTone(400, { withinMs: 10_000, fromAt: 0 });
  };
  const nothingIsLeft = (): Promise<void> =>
    eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);

  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s ring on, and who answers then talks', async (signal) => {
    const { caller, gateway, callees: [callee] } = await ring('1000', 1);
    if (!callee) throw new Error('nobody rings');
    const ended = new Promise((resolve) => world.gateway(gateway).once('exit', resolve));
    if (signal === 'SIGKILL') await world.killGateway(gateway);
    else world.gateway(gateway).kill(signal);
    await ended;
    await isTakenOver(caller, gateway);
    expect(callee.state).toBe('ringing');
    await callee.answer({ play: { tone: 1_300 } });
    await expectTheyTalk(caller, callee);
    await callee.hangup();
    const { params } = await requestOf(world, caller, '/done');
    expect(params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true', DialSipResponseCode: '200' });
    await eventually(() => expect(toldOf(caller)).toHaveLength(4));
    expect(toldOf(caller)).toEqual(['initiated', 'ringing', 'in-progress', 'completed'].map((status, at) => ['+15550001', status, String(at)]));
    expect([...sidsOf(caller)]).toEqual([params['DialCallSid']]);
    expect(rung).toHaveLength(1);
    await caller.call.hangup();
    await nothingIsLeft();
    expect(requestsOf(world, caller, '/done')).toHaveLength(1);
    await world.startGateway(gateway);
  }, 60_000);

  it('ring on together; who answers while nobody has them is joined, and the other one is cancelled', async () => {
    const { caller, gateway, callees: [first, second] } = await ring('2000', 2);
    if (!first || !second) throw new Error('two do not ring');
    world.gateway(gateway).kill('SIGKILL');
    await second.answer({ play: { tone: 1_300 } });
    await expectTheyTalk(caller, second);
    expect(await first.untilEnded({ withinMs: 5_000 })).toMatchObject({ by: 'them', status: 487 });
    await second.hangup();
    const { params } = await requestOf(world, caller, '/done');
    expect(params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    await eventually(() => expect(toldOf(caller)).toHaveLength(7));
    const told = toldOf(caller).sort();
    expect(told).toEqual([
      ['+15550001', 'canceled', '2'], ['+15550001', 'initiated', '0'], ['+15550001', 'ringing', '1'],
      ['+15550002', 'completed', '3'], ['+15550002', 'in-progress', '2'], ['+15550002', 'initiated', '0'], ['+15550002', 'ringing', '1'],
    ]);
    expect(sidsOf(caller).size).toBe(2);
    expect(rung).toHaveLength(2);
    await caller.call.hangup();
    await nothingIsLeft();
    await world.startGateway(gateway);
  }, 60_000);

  it('may refuse afterwards: the Dial is told so, and rings nobody again', async () => {
    const { caller, gateway, callees: [callee] } = await ring('1000', 1);
    await world.killGateway(gateway);
    await isTakenOver(caller, gateway);
    callee?.reject(486);
    const { params } = await requestOf(world, caller, '/done');
    expect(params).toMatchObject({ DialCallStatus: 'busy', DialSipResponseCode: '486' });
    await eventually(() => expect(toldOf(caller).map(([, ...told]) => told)).toEqual([['initiated', '0'], ['ringing', '1'], ['busy', '2']]));
    expect([...sidsOf(caller)]).toEqual([params['DialCallSid']]);
    expect(rung).toHaveLength(1);
    await caller.call.hangup();
    await nothingIsLeft();
    await world.startGateway(gateway);
  }, 60_000);

  it('are cancelled when the caller hangs up in that moment', async () => {
    const { caller, gateway, callees } = await ring('2000', 2);
    world.gateway(gateway).kill('SIGKILL');
    await caller.call.hangup();
    for (const callee of callees) expect(await callee.untilEnded({ withinMs: 10_000 })).toMatchObject({ by: 'them', status: 487 });
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'canceled' });
    await nothingIsLeft();
    expect(rung).toHaveLength(2);
  }, 60_000);
});
