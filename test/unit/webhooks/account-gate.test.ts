import { WebhookClient } from '../../../src/webhooks';
import { AccountGate } from '../../../src/webhooks/account-gate';
import { eventually } from '../../support/eventually';
import { startApplication, THIS_MACHINE, xml } from './customer-application';

const never = new AbortController().signal;

describe('turns of accounts', () => {
  /** Enters `count` times and keeps the ways out of those admitted so far. */
  const enter = (gate: AccountGate, account: string, count: number): { leave: () => void }[] => {
    const inside: { leave: () => void }[] = [];
    for (let n = 0; n < count; n += 1) {
      // A signal of its own, as every request has: one for 50,000 is searched from its start at each registration.
      void gate.enter(account, new AbortController().signal).then((turn) => {
        if (typeof turn === 'object') inside.push(turn);
      });
    }
    return inside;
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are at most so many for one account', async () => {
    const gate = new AccountGate({ perAccount: 3, total: 100 });
    const inside = enter(gate, 'A', 10);
    await settled();
    expect(inside).toHaveLength(3);
    inside[0]?.leave();
    inside[0]?.leave();
    await settled();
    expect(inside).toHaveLength(4);
  });

  it('are as many as the account may have, from its next request on', async () => {
    const gate = new AccountGate({ perAccount: 3, total: 100 });
    const inside = enter(gate, 'A', 5);
    const own = Array.from({ length: 5 }, () => gate.enter('B', new AbortController().signal, 2));
    await settled();
    expect([inside.length, gate.taken]).toEqual([3, 5]);
    void gate.enter('B', new AbortController().signal, 4);
    const first = await own[0];
    if (typeof first === 'object') first.leave();
    await settled();
    // One of B's left, and B may have four now: two that waited and the place that became free.
    expect(gate.taken).toBe(7);
  });

  it('leave room for the next account however many slow ones there are', async () => {
    const gate = new AccountGate({ perAccount: 50, total: 100 });
    const slow = Array.from({ length: 100 }, (_, n) => enter(gate, `slow${n}`, 500));
    await settled();
    expect(gate.taken).toBeLessThan(200);
    const quick = enter(gate, 'quick', 1);
    await settled();
    expect(quick).toHaveLength(1);
    expect(slow.every((inside) => inside.length >= 1)).toBe(true);
  });

  it('go round between those that wait, whatever the length of their queues', async () => {
    const gate = new AccountGate({ perAccount: 10, total: 6 });
    const first = ['A', 'B', 'C'].map((account) => enter(gate, account, 1));
    const holder = enter(gate, 'holder', 5);
    await settled();
    const order: string[] = [];
    for (const account of ['A', 'A', 'A', 'A', 'B', 'B', 'C']) {
      void gate.enter(account, never).then((turn) => {
        order.push(account);
        if (typeof turn === 'object') setImmediate(() => turn.leave());
      });
    }
    await settled();
    expect(order).toEqual([]);
    [...first, holder].flat().forEach(({ leave }) => leave());
    await eventually(() => expect(order).toHaveLength(7));
    expect(order.slice(0, 3).sort()).toEqual(['A', 'B', 'C']);
  });

  it('are given up by those whose time is up, and refused when too many wait', async () => {
    const gate = new AccountGate({ perAccount: 1, total: 10 });
    enter(gate, 'A', 1_001);
    expect(await gate.enter('A', never)).toBe('full');
    const hasty = new AbortController();
    const inside = enter(gate, 'B', 1);
    const waiting = gate.enter('B', hasty.signal);
    hasty.abort();
    expect(await waiting).toBe('aborted');
    expect(await gate.enter('B', hasty.signal)).toBe('aborted');
    inside[0]?.leave();
    await settled();
    expect(gate.taken).toBe(1);
  });
});

describe('a slow account', () => {
  it('does not make another one wait', async () => {
    const application = await startApplication(({ url }, response) => {
      if (url === '/quick') xml(response, '<Response/>');
    });
    const turnedAway: string[] = [];
    const client = new WebhookClient({
      budgetMs: 3_000, connectTimeoutMs: 1_000, documentBytes: 65_536, audioBytes: 65_536, ...THIS_MACHINE,
      limitsFor: async () => ({ webhooksInFlight: 20, httpRedirects: 10 }), concurrency: 40,
      onLimit: (accountSid, limit) => turnedAway.push(`${accountSid} ${limit}`),
    });
    const ask = (accountSid: string, path: string): ReturnType<WebhookClient['request']> =>
      client.request({ accountSid, authToken: 't', url: application.origin + path, method: 'POST' });
    const slow = Array.from({ length: 300 }, (_, n) => ask(`AC${n % 3}`, '/slow'));
    await eventually(() => expect(application.seen.length).toBeGreaterThanOrEqual(25));
    const from = performance.now();
    for (let n = 0; n < 20; n += 1) expect(await ask('AC9', '/quick')).toMatchObject({ outcome: 'response' });
    expect(performance.now() - from).toBeLessThan(1_000);
    const told = (await Promise.all(slow)).map((one) => (one.outcome === 'failed' ? `${one.code} ${one.message}` : one.outcome));
    // As those under way run out of time one after the other, some of those behind them have a turn for their last moments.
    expect(told.filter((one) => !/^11200 .*(?:turn|no answer within 3000 ms)/.test(one))).toEqual([]);
    expect(told.filter((one) => one.includes('turn')).length).toBeGreaterThan(200);
    expect(new Set(turnedAway)).toEqual(new Set(['AC0 webhooksInFlight', 'AC1 webhooksInFlight', 'AC2 webhooksInFlight']));
    await client.stop();
    await application.stop();
  });
});
