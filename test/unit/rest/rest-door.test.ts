import { createLogger } from '../../../src/platform/telemetry';
import type { LimitNotice } from '../../../src/tenancy';
import { ManualClock } from '../../support/manual-clock';
import { askRest, restAccount, type RestServer, startRestServer } from '../../support/rest-server';

const ACCOUNT = restAccount(`AC${'1'.repeat(32)}`);
const OTHER = restAccount(`AC${'2'.repeat(32)}`);
const SUSPENDED = restAccount(`AC${'3'.repeat(32)}`, { status: 'suspended' });
const all = [ACCOUNT, OTHER, SUSPENDED];
const tenants = { account: (sid: string) => Promise.resolve(all.find((account) => account.sid === sid)) };
const credentialsOf = ({ sid, authToken }: typeof ACCOUNT): string => `${sid}:${authToken}`;

describe('the REST door', () => {
  let server: RestServer;
  afterEach(() => server.stop());

  const ask = (path: string, credentials = credentialsOf(ACCOUNT), init?: RequestInit): Promise<Response> =>
    askRest(server.baseUrl + path, credentials, init);

  it('lets nobody in without the credentials of an account', async () => {
    const lookedUp: string[] = [];
    server = await startRestServer({ tenants: { account: (sid) => (lookedUp.push(sid), tenants.account(sid)) } });
    const { sid, authToken } = ACCOUNT;
    const wrong = [
      '', `${sid}:`, `${sid}`, `:${authToken}`, `${sid}:${authToken} `, `${sid}:${OTHER.authToken}`, `${sid}x:${authToken}`,
      `AC${'9'.repeat(32)}:`, `AC${'9'.repeat(32)}:undefined`, `*:${authToken}`, `${sid}\0:${authToken}`, `constructor:${authToken}`,
    ];
    for (const credentials of wrong) {
      const answer = await ask('/v1/Alerts', credentials);
      expect([credentials, answer.status, answer.headers.get('www-authenticate')]).toEqual([credentials, 401, 'Basic realm="Holdfast"']);
      expect(await answer.json()).toEqual({
        code: 20003, message: 'Authenticate', more_info: 'https://www.twilio.com/docs/errors/20003', status: 401,
      });
    }
    for (const Authorization of ['Basic', 'Basic %%%', 'Bearer abc', `Basic ${'A'.repeat(8_000)}`, `basic ${btoa(credentialsOf(OTHER))}=x`]) {
      expect((await ask('/v1/Alerts', '', { headers: { Authorization } })).status).toBe(401);
    }
    expect((await ask('/v1/Alerts')).status).toBe(200);
    // What is no SID does not become part of a key.
    expect(lookedUp.filter((one) => !/^AC[0-9a-f]{32}$/.test(one))).toEqual([]);
  });

  it('tells a suspended account that it is', async () => {
    server = await startRestServer({ tenants });
    const answer = await ask('/v1/Alerts', credentialsOf(SUSPENDED));
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 20005, status: 403 }]);
  });

  it('tells unknown paths from wrong methods, whatever is sent with them', async () => {
    server = await startRestServer({ tenants });
    for (const path of ['/', '/v1', '/v1/Alerts/a/b', '/V1/ALERTS', '/2010-04-01/Accounts', '/__proto__', '/%00']) {
      const answer = await ask(path, '', { method: 'POST', body: '<x/>', headers: { 'Content-Type': 'text/xml' } });
      expect([path, answer.status, await answer.json()]).toMatchObject([path, 404, { code: 20404, status: 404 }]);
    }
    const broken = await ask('/v1/Alerts/%ff');
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: 20001, status: 400 }]);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await ask('/v1/Alerts', undefined, { method, body: 'a=b', headers: { 'Content-Type': 'text/plain' } });
      expect([answer.status, answer.headers.get('allow'), await answer.json()]).toMatchObject([405, 'GET, HEAD', { code: 20004 }]);
      expect((await ask('/v1/Alerts', '', { method })).status).toBe(401);
    }
  });

  it('answers HEAD like GET, without a body', async () => {
    server = await startRestServer({ tenants });
    const length = (await (await ask('/v1/Alerts')).text()).length;
    const head = await ask('/v1/Alerts', undefined, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(length), '']);
    expect(server.answered).toEqual([200, 200]);
  });

  it('takes so many requests of an account, tells it when there are more, and takes those of others', async () => {
    const clock = new ManualClock();
    const notices: LimitNotice[] = [];
    server = await startRestServer({ tenants, clock, limitReached: (notice) => notices.push(notice) }, 2);
    const statuses = async (account: typeof ACCOUNT, count: number): Promise<number[]> =>
      (await Promise.all(Array.from({ length: count }, () => ask('/v1/Alerts', credentialsOf(account))))).map(({ status }) => status).sort();
    expect(await statuses(ACCOUNT, 6)).toEqual([200, 200, 200, 200, 429, 429]);
    expect(await statuses(OTHER, 1)).toEqual([200]);
    const refused = await ask('/v1/Alerts');
    expect([refused.headers.get('retry-after'), await refused.json()]).toMatchObject(['1', { code: 20429, status: 429 }]);
    expect(notices).toHaveLength(3);
    expect(notices[0]).toEqual({
      accountSid: ACCOUNT.sid, limit: 'restRequestsPerSecond', message: 'more than 2 requests to the REST API in a second',
    });
    clock.advance(1_000);
    expect(await statuses(ACCOUNT, 3)).toEqual([200, 200, 429]);
    // Whoever guesses tokens does not use up what the account may do.
    clock.advance(1_000);
    for (let count = 0; count < 5; count += 1) expect((await ask('/v1/Alerts', `${ACCOUNT.sid}:guess`)).status).toBe(401);
    expect(await statuses(ACCOUNT, 3)).toEqual([200, 200, 429]);
  });

  it('keeps what failed inside to itself, and tells the operator', async () => {
    const lines: string[] = [];
    const alerts = {
      list: () => Promise.reject(new Error('disk 7 is on fire')), summaries: () => Promise.resolve([]), find: () => Promise.resolve(undefined),
    };
    server = await startRestServer({ tenants, alerts, log: createLogger({ destination: { write: (line) => lines.push(line) } }) });
    const answer = await ask('/v1/Alerts?PageSize=2');
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toMatchObject([500, { code: 20500, status: 500 }]);
    expect(text).not.toContain('disk');
    expect(lines.join('')).toContain('disk 7 is on fire');
  });
});
