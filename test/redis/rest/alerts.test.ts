import twilio from 'twilio';
import { RedisConnection } from '../../../src/platform/redis';
import { AlertLog, seedTenancy, TenantDirectory } from '../../../src/tenancy';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { askRest, type RestServer, startRestServer } from '../../support/rest-server';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const OTHER = `AC${'2'.repeat(32)}`;
const MANY = `AC${'3'.repeat(32)}`;
const TOKENS: Readonly<Record<string, string>> = { [ACCOUNT]: 'token-of-account-one', [OTHER]: 'token-of-account-two', [MANY]: 'token-of-many' };
const SECRET = 'a secret key of sixteen letters or more';
const CALL = `CA${'1'.repeat(32)}`;
const EVIDENCE = {
  requestUrl: 'http://app.example/voice?a=1', requestMethod: 'POST', requestParams: 'CallSid=CA1&From=%2B15550100', responseStatus: 500,
  responseHeaders: { 'content-type': 'text/html; charset=utf-8', server: 'x=y&z' }, responseBody: '<h1>Sorry</h1>',
};

describe('alerts through the official client', () => {
  const clock = new ManualClock();
  let redis: TestRedis;
  let connection: RedisConnection;
  let alerts: AlertLog;
  let server: RestServer;

  beforeAll(async () => {
    redis = await startRedis();
    connection = new RedisConnection({ url: redis.url, commandTimeoutMs: 300, onFailure: () => undefined });
    await connection.start();
    const accounts = Object.entries(TOKENS).map(([sid, authToken]) => ({ sid, name: sid, authToken, status: 'active' as const, allowPrivate: [] }));
    await seedTenancy(connection.client, { accounts, applications: [], numbers: [], trunks: [] }, SECRET);
    alerts = new AlertLog(connection.client, 'hf:', clock);
    server = await startRestServer({ tenants: new TenantDirectory(connection.client, SECRET), alerts });

    await alerts.record({ accountSid: OTHER, code: 11200, message: 'none of your business', ...EVIDENCE });
    await alerts.record({ accountSid: ACCOUNT, callSid: CALL, code: 11200, message: 'the application answered 500', url: 'http://app.example/voice', ...EVIDENCE });
    clock.advance(86_400_000);
    await alerts.record({ accountSid: ACCOUNT, callSid: CALL, code: 12200, message: 'Bogus is no verb', url: 'http://app.example/a?b=c' });
    clock.advance(2_500);
    await alerts.record({ accountSid: ACCOUNT, code: 10004, message: 'the account has all of its calls at once' });
    for (let code = 0; code < 123; code += 1) await alerts.record({ accountSid: MANY, code, message: `number ${code}` });
  });
  afterAll(async () => {
    await server?.stop();
    await connection?.stop();
    await redis?.stop();
  });

  function clientOf(account: string, token = TOKENS[account]): ReturnType<typeof twilio> {
    const client = twilio(account, token);
    client.monitor.baseUrl = server.baseUrl;
    return client;
  }
  const monitor = (account: string, token?: string) => clientOf(account, token).monitor.v1;
  const codes = (listed: readonly { readonly errorCode: string }[]): number[] => listed.map(({ errorCode }) => Number(errorCode));
  const ask = async (path: string, account = ACCOUNT): Promise<[number, Record<string, unknown>]> => {
    const answer = await askRest(server.baseUrl + path, `${account}:${TOKENS[account]}`);
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };

  it('are listed, newest first, with the names and values of Twilio', async () => {
    const listed = await monitor(ACCOUNT).alerts.list();
    expect(listed.map((one) => one.toJSON())).toMatchObject([
      { errorCode: '10004', logLevel: 'error', resourceSid: null, requestUrl: null, requestMethod: null },
      { errorCode: '12200', logLevel: 'warning', resourceSid: CALL, requestUrl: 'http://app.example/a?b=c', requestMethod: null },
      {
        accountSid: ACCOUNT, errorCode: '11200', logLevel: 'error', resourceSid: CALL, serviceSid: null, apiVersion: '2010-04-01',
        moreInfo: 'https://www.twilio.com/docs/errors/11200', requestUrl: EVIDENCE.requestUrl, requestMethod: 'POST',
        dateCreated: new Date('2023-11-14T22:13:20Z'), dateGenerated: new Date('2023-11-14T22:13:20Z'),
        alertText: 'Msg=the+application+answered+500&ErrorCode=11200&LogLevel=ERROR&sourceComponent=12000&httpResponse=500&url=http%3A%2F%2Fapp.example%2Fvoice',
        url: expect.stringMatching(new RegExp(`^${server.baseUrl}/v1/Alerts/NO[0-9a-f]{32}$`)) as string,
      },
    ]);
    expect(listed[2]?.responseBody).toBeUndefined();
  });

  it('are fetched with the request and its answer', async () => {
    const [one] = await monitor(ACCOUNT).alerts.list({ startDate: new Date('2023-11-14T22:13:20Z'), endDate: new Date('2023-11-14T22:13:20Z') });
    const fetched = await monitor(ACCOUNT).alerts(one?.sid ?? '').fetch();
    expect(fetched?.toJSON()).toMatchObject({
      sid: one?.sid, errorCode: '11200', requestVariables: EVIDENCE.requestParams, requestHeaders: null, responseBody: '<h1>Sorry</h1>',
      responseHeaders: 'content-type=text%2Fhtml%3B+charset%3Dutf-8&server=x%3Dy%26z',
    });
    const [bare] = await monitor(ACCOUNT).alerts.list({ limit: 1 });
    expect((await monitor(ACCOUNT).alerts(bare?.sid ?? '').fetch()).toJSON()).toMatchObject({
      errorCode: '10004', requestVariables: null, responseHeaders: null, responseBody: null,
    });
  });

  it('are paged through to the end, whichever size the pages have', async () => {
    const all = Array.from({ length: 123 }, (_, at) => 122 - at);
    for (const pageSize of [7, 50, 123, 1_000]) expect(codes(await monitor(MANY).alerts.list({ pageSize }))).toEqual(all);
    expect((await ask('/v1/Alerts?PageSize=1000', MANY))[1]['meta']).toMatchObject({ page_size: 100 });
    expect(codes(await monitor(MANY).alerts.list({ limit: 10, pageSize: 3 }))).toEqual(all.slice(0, 10));
    expect(codes(await monitor(MANY).alerts.list({ limit: 2_000 }))).toEqual(all);
    const each: number[] = [];
    await new Promise<void>((done, fail) => monitor(MANY).alerts.each({
      pageSize: 40, callback: ({ errorCode }) => each.push(Number(errorCode)), done: (error?: Error) => (error ? fail(error) : done()),
    }));
    expect(each).toEqual(all);
  });

  it('are paged there and back by the client, with the meta block of Twilio', async () => {
    const first = await monitor(MANY).alerts.page({ pageSize: 50, logLevel: 'error' });
    const second = await first.nextPage();
    const third = await second?.nextPage();
    expect([first, second, third].map((page) => page?.instances.length)).toEqual([50, 50, 23]);
    expect(third?.nextPage()).toBeUndefined();
    expect(codes((await third?.previousPage())?.instances ?? [])).toEqual(codes(second?.instances ?? []));
    const lastOfFirst = first.instances.at(-1)?.sid;
    const [firstOfSecond, lastOfSecond] = [second?.instances[0]?.sid, second?.instances.at(-1)?.sid];
    const at = `${server.baseUrl}/v1/Alerts?LogLevel=error&PageSize=50`;
    const [, { meta, ...lists }] = await ask(new URL(first.nextPageUrl ?? '').pathname + new URL(first.nextPageUrl ?? '').search, MANY);
    expect(Object.keys(lists)).toEqual(['alerts']);
    expect(meta).toEqual({
      key: 'alerts', page: 1, page_size: 50, first_page_url: `${at}&Page=0`,
      url: `${at}&Page=1&PageToken=PA${lastOfFirst}`,
      next_page_url: `${at}&Page=2&PageToken=PA${lastOfSecond}`,
      previous_page_url: `${at}&Page=0&PageToken=PB${firstOfSecond}`,
    });
    expect(codes((await monitor(MANY).alerts.page({ pageSize: 50, pageNumber: 2 })).instances)).toEqual(codes(third?.instances ?? []));
  });

  it('are filtered by level and by days and moments, both ends included', async () => {
    const list = async (filters: Parameters<ReturnType<typeof monitor>['alerts']['list']>[0]): Promise<number[]> =>
      codes(await monitor(ACCOUNT).alerts.list(filters));
    expect(await list({ logLevel: 'warning' })).toEqual([12200]);
    expect(await list({ logLevel: 'error' })).toEqual([10004, 11200]);
    expect(await list({ logLevel: 'notice' })).toEqual([]);
    expect(await list({ startDate: new Date('2023-11-15T22:13:20Z') })).toEqual([10004, 12200]);
    expect(await list({ startDate: new Date('2023-11-15T22:13:21Z') })).toEqual([10004]);
    expect(await list({ endDate: new Date('2023-11-15T22:13:20Z') })).toEqual([12200, 11200]);
    // What a program in JavaScript without types hands over goes out as it is.
    const untyped = (text: string): Date => text as unknown as Date;
    expect(await list({ startDate: untyped('2023-11-14'), endDate: untyped('2023-11-14') })).toEqual([11200]);
    expect(await list({ startDate: untyped('2023-11-15'), logLevel: 'error' })).toEqual([10004]);
    // The resolution of what is shown: the date of an alert finds it again.
    const [newest] = await monitor(ACCOUNT).alerts.list({ limit: 1 });
    expect(await list({ startDate: newest?.dateCreated as Date, endDate: newest?.dateCreated as Date })).toEqual([10004]);
  });

  it('are those of the account whose credentials were sent, and of no other', async () => {
    const [foreign] = await monitor(OTHER).alerts.list();
    expect(foreign?.alertText).toContain('none+of+your+business');
    await expect(monitor(ACCOUNT).alerts(foreign?.sid ?? '').fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    for (const token of ['', 'wrong', TOKENS[OTHER] ?? '', `${TOKENS[ACCOUNT]}x`]) {
      // The client itself insists on some token.
      const request = monitor(ACCOUNT, token === '' ? ' ' : token).alerts;
      await expect(request.list()).rejects.toMatchObject({ status: 401, code: 20003, moreInfo: 'https://www.twilio.com/docs/errors/20003' });
      await expect(request(foreign?.sid ?? '').fetch()).rejects.toMatchObject({ status: 401, code: 20003 });
    }
  });

  it.each([
    ['PageSize=0', 20001], ['PageSize=-1', 20001], ['PageSize=ten', 20001], ['PageSize=1e3', 20001],
    ['PageSize=5&PageSize=6', 20001], ['Page=-1', 20001], ['Page=x', 20001], ['PageToken=x', 21481], ['PageToken=PANO1', 21481],
    [`PageToken=PX${'NO'}${'1'.repeat(32)}`, 21481], ['LogLevel=ERROR', 20001], ['LogLevel=', 20001], ['StartDate=tomorrow', 20001],
    ['EndDate=2023-02-30', 20001], ['StartDate=2023-11-14&StartDate=2023-11-15', 20001],
  ])('are refused with %s', async (query, code) => {
    const [status, body] = await ask(`/v1/Alerts?${query}`);
    expect([status, body]).toMatchObject([400, { status: 400, code, more_info: `https://www.twilio.com/docs/errors/${code}` }]);
    expect(body['message']).toMatch(new RegExp(`^Invalid parameter ${query.split('=')[0]}: `));
  });

  it('stay where they are whatever strangers write into a query or a path', async () => {
    const hostile = [
      `{${OTHER}}`, `${OTHER}:alerts`, '../../v1/Alerts', "' OR 1=1 --", '*', '?', '[a-z]*', '\r\nFLUSHALL\r\n', '\0', '${7*7}', '{{7*7}}',
      '<script>', '%25252e', '‮', 'a'.repeat(90), '__proto__', 'constructor', '{"$gt":""}', '*1\r\n$8\r\nFLUSHALL\r\n',
    ];
    const before = (await redis.keys('*')).sort();
    for (const text of hostile.map(encodeURIComponent)) {
      for (const name of ['PageSize', 'Page', 'PageToken', 'LogLevel', 'StartDate', 'EndDate']) {
        expect(await ask(`/v1/Alerts?${name}=${text}`)).toMatchObject([400, { status: 400 }]);
      }
      // Parameters that nobody knows, and names as hostile as values, change nothing.
      for (const query of [`AccountSid=${text}`, `${text}=1`, `__proto__[LogLevel]=${text}`, `StartDate%3E=${text}`]) {
        expect(((await ask(`/v1/Alerts?${query}`))[1]['alerts'] as unknown[]).length).toBe(3);
      }
      const [status, body] = await ask(`/v1/Alerts/${text}`);
      expect([text, status, body['code']]).toEqual([text, 404, 20404]);
    }
    expect((await redis.keys('*')).sort()).toEqual(before);
  });

  it('have the URLs under which accounts reach the gateway: the configured one, else what they wrote', async () => {
    const behind = await startRestServer({ tenants: new TenantDirectory(connection.client, SECRET), alerts, publicUrl: 'https://voice.example' });
    const answer = await askRest(`${behind.baseUrl}/v1/Alerts?PageSize=1`, `${ACCOUNT}:${TOKENS[ACCOUNT]}`);
    expect(await answer.json()).toMatchObject({
      meta: { url: 'https://voice.example/v1/Alerts?PageSize=1&Page=0', next_page_url: expect.stringMatching('^https://voice.example/v1/Alerts[?]') as string },
    });
    await behind.stop();
  });

  it('are announced to come back later while Redis does not answer', async () => {
    const away = async (): Promise<void> => {
      await expect(monitor(ACCOUNT).alerts.list()).rejects.toMatchObject({ status: 503, code: 20503 });
      await expect(monitor(ACCOUNT).alerts(`NO${'1'.repeat(32)}`).fetch()).rejects.toMatchObject({ status: 503, code: 20503 });
    };
    redis.hang();
    await away().finally(() => redis.resume());
    expect(await monitor(ACCOUNT).alerts.list()).toHaveLength(3);
    await redis.stop();
    await away();
  });
});
