import { AlertLog, type AlertSummary } from '../../src/tenancy';
import { eventually } from '../support/eventually';
import { runSipp, startSipp, type SippResult, type SippRun } from '../support/sipp';
import { ACCOUNT, World } from '../support/world';

const OTHER = `AC${'b'.repeat(32)}`;
const SLOW = `AC${'c'.repeat(32)}`;
const LONE = `AC${'d'.repeat(32)}`;
const LIMIT = 5;

describe('the limits of an account', () => {
  let world: World;
  /** Calls to these numbers go on until the test says so. */
  const held = new Set<string>();

  beforeAll(async () => {
    world = await World.start({
      gateways: 2,
      numbers: {
        '1000': '/hold', '2000': { voice: '/hold', account: OTHER }, '2100': { voice: '/hold', account: SLOW }, '2200': { voice: '/alone', account: LONE },
        '3000': '/circle', '3001': '/bounced',
        '4000': '/ring-three', '4001': '/busy-1', '4002': '/busy-2', '4003': '/busy-3', '5000': '/queue-1', '5001': '/queue-2',
      },
      limits: {
        [ACCOUNT]: { concurrentCalls: LIMIT, redirectsPerCallPerMinute: 90, httpRedirects: 3, outboundCallsPerSecond: 1, queues: 1 },
        [SLOW]: { inboundCallsPerSecond: 3 },
        [LONE]: { concurrentCalls: 1 },
      },
      extraConfig: {
        queue: { heartbeatMs: 500, deadAfterMs: 3_000 }, limits: { drainMs: 0, outboundWaitMs: 1_200 },
      },
    });
    world.app
      .on('/hold', ({ To = '' }) => (held.has(To)
        ? '<Response><Pause length="1"/><Redirect>/hold</Redirect></Response>'
        : '<Response><Hangup/></Response>'))
      .on('/circle', '<Response><Redirect>/circle</Redirect></Response>')
      .on('/bounced', { status: 302, headers: { location: '/bounced' } })
      .on('/ring-three', '<Response><Dial action="/dialled"><Number>4001</Number><Number>4002</Number><Number>4003</Number></Dial></Response>')
      .on('/alone', '<Response><Dial action="/dialled"><Sip>sip:somebody@127.0.0.1:9</Sip></Dial></Response>')
      .on('/busy-1', '<Response><Reject reason="busy"/></Response>')
      .on('/busy-2', '<Response><Reject reason="busy"/></Response>')
      .on('/busy-3', '<Response><Reject reason="busy"/></Response>')
      .on('/dialled', '<Response><Hangup/></Response>')
      .on('/queue-1', '<Response><Enqueue waitUrl="/wait" action="/left">first</Enqueue></Response>')
      .on('/queue-2', '<Response><Enqueue waitUrl="" action="/left">second</Enqueue></Response>')
      .on('/wait', () => (held.has('5000') ? '<Response><Pause length="1"/></Response>' : '<Response><Leave/></Response>'))
      .on('/left', '<Response><Hangup/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const burst = (to: string, calls: number): Promise<SippRun> =>
    startSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to, calls, rate: 100, timeoutMs: 60_000 });

  const counted = (account: string): Promise<Record<string, string>> => world.redis.client().hgetall(`hf:{${account}}:calls:live`);

  async function alerts(account: string): Promise<AlertSummary[]> {
    const log = new AlertLog(world.redis.client());
    return log.summaries(account, (await log.list(account)).map(({ sid }) => sid));
  }

  /** How often a limit was reached on gateways that live. */
  async function reached(limit: string, gateways: readonly number[] = [0, 1]): Promise<number> {
    const pages = await Promise.all(gateways.map(async (index) => (await fetch(`${world.gatewayUrl(index)}/metrics`)).text()));
    const line = new RegExp(`^holdfast_tenancy_limits_reached_total{limit="${limit}"} (\\d+)$`, 'm');
    return pages.reduce((sum, page) => sum + Number(line.exec(page)?.[1] ?? 0), 0);
  }

  /** The final answers to the INVITEs of a run, each Call-ID once. */
  function finals({ messages }: SippResult): { readonly answered: number; readonly refused: string[] } {
    const received = messages.split(/^-{10,}.*$/m).filter((one) => one.includes('received [') && /^CSeq: 1 INVITE/m.test(one));
    const byCall = new Map(received.flatMap((one) => {
      const [status] = /^SIP\/2\.0 (?:200|503)/m.exec(one) ?? [];
      return status === undefined ? [] : [[/^Call-ID: (\S+)/m.exec(one)?.[1], { status, one }] as const];
    }));
    const all = [...byCall.values()];
    return {
      answered: all.filter(({ status }) => status.endsWith('200')).length,
      refused: all.filter(({ status }) => status.endsWith('503')).map(({ one }) => one),
    };
  }

  it('take so many calls at once on all gateways, refuse the rest with 503, and leave another account alone', async () => {
    held.add('1000').add('2000');
    const [mine, theirs] = await Promise.all([burst('1000', 20), burst('2000', 8)]);
    await eventually(async () => {
      expect(Object.keys(await counted(ACCOUNT))).toHaveLength(LIMIT);
      expect(Object.keys(await counted(OTHER))).toHaveLength(8);
      expect(await reached('concurrentCalls')).toBe(15);
      expect(world.app.requestsTo('/hold').filter(({ params }) => params['AccountSid'] === OTHER).length).toBeGreaterThanOrEqual(8);
    }, 20_000);
    held.clear();
    const [ended, theirEnd] = await Promise.all([mine.finished, theirs.finished]);
    const { answered, refused } = finals(ended);
    expect({ exitCode: ended.exitCode, answered, refused: refused.length }).toEqual({ exitCode: 0, answered: LIMIT, refused: 15 });
    for (const response of refused) expect(response).toMatch(/^Retry-After: 5\r?$/m);
    expect(theirEnd).toMatchObject({ exitCode: 0, successful: 8 });

    const told = (await alerts(ACCOUNT)).filter(({ code }) => code === 10004);
    // One at once from each gateway that refused; the rest is told by its number when the minute is over.
    expect([1, 2]).toContain(told.length);
    expect(told[0]?.message).toBe('the account has all of its 5 calls at once');
    expect(await alerts(OTHER)).toEqual([]);
    await eventually(async () => expect([await counted(ACCOUNT), await counted(OTHER)]).toEqual([{}, {}]));
  }, 60_000);

  it('have room again for exactly as many when those have ended', async () => {
    held.add('1000');
    const before = await reached('concurrentCalls');
    const run = await burst('1000', LIMIT + 2);
    await eventually(async () => expect(await reached('concurrentCalls')).toBe(before + 2), 20_000);
    held.clear();
    expect(finals(await run.finished)).toMatchObject({ answered: LIMIT });
  }, 60_000);

  it('take so many calls in any second, and refuse the others for a second', async () => {
    const from = performance.now();
    const ended = await (await burst('2100', 30)).finished;
    const seconds = Math.floor((performance.now() - from) / 1_000) + 1;
    const { answered, refused } = finals(ended);
    expect([ended.exitCode, answered + refused.length]).toEqual([0, 30]);
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(answered).toBeLessThanOrEqual(3 * seconds);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused) expect(response).toMatch(/^Retry-After: 1\r?$/m);
    await eventually(async () => expect(await alerts(SLOW)).toContainEqual(expect.objectContaining({
      code: 32001, message: 'the account has had its 3 inbound calls of this second',
    })));
    expect(await reached('inboundCallsPerSecond')).toBe(refused.length);
  }, 60_000);

  it('end a circle of Redirects, and one of HTTP redirects, with their codes', async () => {
    for (const [to, path, requests] of [['3000', '/circle', 91], ['3001', '/bounced', 4]] as const) {
      const result = await runSipp({ scenario: 'uac-until-bye-or-refusal', keys: { refusal: '500' }, remote: world.sip, to, timeoutMs: 30_000 });
      expect(result).toMatchObject({ exitCode: 0, successful: 1 });
      expect(finals(result)).toEqual({ answered: 0, refused: [] });
      expect(world.app.requestsTo(path)).toHaveLength(requests);
    }
    await eventually(async () => {
      const told = (await alerts(ACCOUNT)).filter(({ code }) => code === 11215).map(({ message }) => message).sort();
      expect(told).toEqual(['more than 3 redirects', 'more than 90 Redirects of the call in a minute']);
    });
    expect([await reached('redirectsPerCallPerMinute'), await reached('httpRedirects')]).toEqual([1, 1]);
  }, 60_000);

  it('let legs of Dial wait for their turn, and fail those whose turn is too far away', async () => {
    const run = await startSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to: '4000', timeoutMs: 30_000 });
    const { params } = await world.app.waitForRequest('/dialled', (request) => request.params['AccountSid'] === ACCOUNT, 20_000);
    expect(params['DialCallStatus']).toBe('busy');
    expect((await run.finished).exitCode).toBe(0);
    const rung = ['/busy-1', '/busy-2', '/busy-3'].flatMap((path) => world.app.requestsTo(path)).map(({ receivedAt }) => receivedAt).sort();
    expect(rung).toHaveLength(2);
    // One a second, less what the first request took longer than the second.
    expect((rung[1] ?? 0) - (rung[0] ?? 0)).toBeGreaterThan(500);
    await eventually(async () => expect(await alerts(ACCOUNT)).toContainEqual(expect.objectContaining({
      code: 15001, message: 'the account has had its 1 outbound calls of this second',
    })));
    expect(await reached('outboundCallsPerSecond')).toBe(1);
  }, 60_000);

  it('place no leg when the caller is the last call that the account may have', async () => {
    const run = await startSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to: '2200', timeoutMs: 30_000 });
    const { params } = await world.app.waitForRequest('/dialled', (request) => request.params['AccountSid'] === LONE, 20_000);
    expect(params).toMatchObject({ DialCallStatus: 'failed', DialCallSid: expect.stringMatching(/^CA/) as string });
    expect((await run.finished).exitCode).toBe(0);
    await eventually(async () => {
      const facts = await world.timeline(params['DialCallSid'] ?? '');
      expect(facts).toContainEqual(expect.objectContaining({ type: 'limit.reached', limit: 'concurrentCalls' }));
      expect(facts).toContainEqual(expect.objectContaining({ type: 'call.completed', reason: 'account-limit', sipStatus: 503 }));
    });
    await eventually(async () => expect(await alerts(LONE)).toContainEqual(expect.objectContaining({ code: 10004 })));
  }, 60_000);

  it('let a caller into no more queues than the account may have', async () => {
    held.add('5000');
    const waiting = await startSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to: '5000', timeoutMs: 60_000 });
    await eventually(async () => expect(await world.redis.client().hlen(`hf:{${ACCOUNT}}:queueing:queues`)).toBe(1), 20_000);
    expect(await runSipp({ scenario: 'uac-until-bye-or-refusal', remote: world.sip, to: '5001', timeoutMs: 30_000 })).toMatchObject({ exitCode: 0 });
    await eventually(async () => expect(await alerts(ACCOUNT)).toContainEqual(expect.objectContaining({ code: 20429 })));
    held.clear();
    expect((await waiting.finished).exitCode).toBe(0);
    expect(world.app.requestsTo('/left').map(({ params }) => params['QueueResult'])).toEqual(['error', 'leave']);
    await eventually(async () => expect(await counted(ACCOUNT)).toEqual({}));
  }, 60_000);

  it('count the calls of a gateway that was killed on, for the one that goes on with them', async () => {
    held.add('1000');
    const refusedBefore = await reached('concurrentCalls');
    const first = await burst('1000', LIMIT + 1);
    await eventually(async () => expect(await reached('concurrentCalls')).toBe(refusedBefore + 1), 20_000);
    const owners = Object.values(await counted(ACCOUNT));
    expect(owners.filter((gatewayId) => gatewayId.startsWith('gateway-0')).length).toBeGreaterThan(0);
    world.gateway(0).kill('SIGKILL');

    await eventually(async () => {
      const now = Object.values(await counted(ACCOUNT));
      expect(now.filter((id) => id.startsWith('gateway-1'))).toHaveLength(LIMIT);
      expect(now).toHaveLength(LIMIT);
    }, 20_000);
    const refused = await reached('concurrentCalls', [1]);
    expect(finals(await (await burst('1000', 3)).finished)).toMatchObject({ answered: 0 });
    expect(await reached('concurrentCalls', [1])).toBe(refused + 3);
    held.clear();
    await eventually(async () => expect(await counted(ACCOUNT)).toEqual({}), 10_000);
    await first.stop();
  }, 90_000);
});
