import { Call, type CallPorts, CallStore } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { systemClock } from '../../../src/lib';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ACCOUNT = `AC${'e'.repeat(32)}`;
const IDENTITY = { accountSid: ACCOUNT, from: '+1', to: '1000', direction: 'inbound' };

// While a release is rolled out gateways of two versions write records, and take each other's over.
describe('the record of a call, written by another version', () => {
  let server: TestRedis;
  const reports: string[] = [];
  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  beforeEach(() => server.flush());

  const store = (): CallStore =>
    new CallStore({
      redis: server.client(), clock: systemClock, gatewayId: 'new', report: (message) => reports.push(message), onFenced: () => reports.push('fenced'),
    });
  const portsOf = (by: CallStore): CallPorts => ({
    clock: systemClock, events: new EventBus((message) => reports.push(message)), save: (call) => by.save(call), report: (_call, message) => reports.push(message),
  });
  const keep = async (version: string, record: object): Promise<void> => {
    const redis = server.client();
    await redis.hset(`hf:{${ACCOUNT}}:calls:${version}:records`, 'CA1', `1 dead ${JSON.stringify(record)}`);
    await redis.sadd(`hf:{${ACCOUNT}}:calls:${version}:of:dead`, 'CA1');
  };

  it('with fields and steps that it does not know yet: those are left out, the rest goes on', async () => {
    await keep('v1', {
      callSid: 'CA1', identity: { ...IDENTITY, mood: 'good' }, status: 'in-progress', createdAt: 5, answeredAt: 6, factCount: 7, dialogId: 'd;from-tag=t',
      progress: { step: 'dream', of: 'sheep' }, weather: { sunny: true },
    });
    const ours = store();
    const [owned] = await ours.take(ACCOUNT, 'dead', 8);
    if (!owned) throw new Error('nothing was taken');
    expect(owned.epoch).toBe(2);
    const call = Call.restore(owned, portsOf(ours));
    expect([call.sid, call.status, call.createdAt, call.answeredAt, call.verbState]).toEqual(['CA1', 'in-progress', 5, 6, {}]);
    call.placeChanged();
    await ours.flush();
    expect(await ours.find(ACCOUNT, 'CA1')).toMatchObject({ callSid: 'CA1', status: 'in-progress', createdAt: 5 });
    expect(reports).toEqual([]);
  });

  it('without what it did not have yet', async () => {
    await keep('v1', { callSid: 'CA1', identity: IDENTITY, status: 'ringing', createdAt: 5, factCount: 0 });
    const ours = store();
    const [owned] = await ours.take(ACCOUNT, 'dead', 8);
    const call = owned && Call.restore(owned, portsOf(ours));
    expect([call?.status, call?.progress, call?.queueEntry, [...(call?.legs ?? [])]]).toEqual(['ringing', undefined, undefined, []]);
  });

  it('that means something else by them is left alone', async () => {
    await keep('v2', { callSid: 'CA1', identity: IDENTITY, status: 'in-progress', createdAt: 5, factCount: 0 });
    expect(await store().take(ACCOUNT, 'dead', 8)).toEqual([]);
    expect(await server.client().hget(`hf:{${ACCOUNT}}:calls:v2:records`, 'CA1')).toMatch(/^1 dead /);
  });
});
