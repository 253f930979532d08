import { Pool } from 'undici';
import { createGuardPolicy } from '../../../src/webhooks';
import { Egress, type Way } from '../../../src/webhooks/egress';

describe('the connections that are kept', () => {
  const policy = createGuardPolicy();
  const way = (more: Partial<Way> = {}): Way =>
    ({ accountSid: 'AC1', origin: 'http://a.example', policy, connectTimeoutMs: 1_000, sni: true, connections: 50, ...more });
  const isClosed = (pool: unknown): boolean => pool instanceof Pool && pool.closed;

  it('are shared by what was judged alike, and by nothing else', async () => {
    const egress = new Egress({});
    const first = egress.pool(way());
    expect(egress.pool(way())).toBe(first);
    const others = [
      { accountSid: 'AC2' }, { origin: 'http://b.example' }, { policy: createGuardPolicy({ allowPrivate: ['10.0.0.0/8'] }) },
      { connectTimeoutMs: 2_000 }, { sni: false }, { connections: 51 },
    ];
    expect(new Set([first, ...others.map((other) => egress.pool(way(other)))]).size).toBe(1 + others.length);
    await egress.stop();
  });

  it('are those of 2,000 origins: the one unused longest makes room', async () => {
    const egress = new Egress({});
    const pools = Array.from({ length: 2_000 }, (_, n) => egress.pool(way({ origin: `http://${n}.example` })));
    egress.pool(way({ origin: 'http://0.example' }));
    egress.pool(way({ origin: 'http://one-more.example' }));
    expect(pools.filter(isClosed)).toEqual([pools[1]]);
    await egress.stop();
  });
});
