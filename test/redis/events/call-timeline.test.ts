import { CallTimeline, type Fact } from '../../../src/events';
import { startRedis, type TestRedis } from '../../support/redis-server';

const DAY_SECONDS = 86_400;
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const factOf = (callSid: string, sequence: number, type: Fact['type'] = 'verb.started'): Fact =>
  ({ type, at: sequence, accountSid: 'AC1', callSid, sequence }) as unknown as Fact;

describe('the timeline of a call', () => {
  it('is read in the order of its facts and kept for a day from its first one', async () => {
    const client = redis.client();
    const timeline = new CallTimeline(client);
    for (const sequence of [1, 2, 3]) await timeline.append(factOf('CA1', sequence));
    expect((await timeline.read('CA1')).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await client.ttl('hf:timeline:{CA1}')).toBeGreaterThan(DAY_SECONDS - 10);
  });

  it.each([
    ['its last fact', factOf('CA2', 5, 'call.completed')],
    ['every 32nd fact', factOf('CA2', 33)],
  ])('is kept for a day from %s', async (_when, fact) => {
    const client = redis.client();
    const timeline = new CallTimeline(client);
    await timeline.append(factOf('CA2', 2));
    await client.expire('hf:timeline:{CA2}', 100);
    await timeline.append(factOf('CA2', 3));
    expect(await client.ttl('hf:timeline:{CA2}')).toBeLessThanOrEqual(100);
    await timeline.append(fact);
    expect(await client.ttl('hf:timeline:{CA2}')).toBeGreaterThan(DAY_SECONDS - 10);
  });
});
