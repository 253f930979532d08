import { SipProbe } from '../support/sip-probe';
import { World } from '../support/world';

const MULTIPART = (parts: readonly string[]): string => [...parts.map((part) => `--edge\r\n${part}\r\n`), '--edge--\r\n'].join('');

/** What a carrier may send and we cannot do gets the answer the RFC names, whichever SIP server is below. */
describe('requests that cannot be taken', () => {
  let world: World;
  let probe: SipProbe;

  beforeAll(async () => {
    // Two: drachtio-server hands a copy of a request to the other one.
    world = await World.start({ numbers: { '1000': '/busy', '1001': '/talk' }, gateways: 2 });
    world.app.on('/busy', '<Response><Reject reason="busy"/></Response>').on('/talk', '<Response><Pause length="30"/></Response>').on('/status', '');
    probe = await SipProbe.start(world.sip);
  }, 60_000);
  afterAll(async () => {
    probe?.close();
    await world?.stop();
  });

  it('an ordinary one reaches the application', async () => {
    expect((await probe.ask()).status).toBe(486);
  });

  it.each([
    ['an unknown scheme', { requestUri: 'nobody:1000' }, 416, {}],
    ['an unknown extension', { headers: ['Require: timer, nothing-you-know, precondition'] }, 420, { Unsupported: /nothing-you-know/ }],
    ['a body of another type', { contentType: 'application/x-unknown', body: 'hello' }, 415, { Accept: /^application\/sdp\b/ }],
    ['a compressed body', { headers: ['Content-Encoding: gzip'] }, 415, { 'Accept-Encoding': /^identity$/ }],
    ['only other types wanted', { headers: ['Accept: text/plain'] }, 406, { Accept: /^application\/sdp$/ }],
    ['no hop left', { maxForwards: 0 }, 483, {}],
    ['parts without SDP', { contentType: 'multipart/mixed;boundary=edge', body: MULTIPART(['Content-Type: text/plain\r\n\r\nhello']) }, 415, {}],
  ])('%s', async (_what, request, status, headers) => {
    const answer = await probe.ask(request);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toMatch(value);
  });

  it('SDP beside an ISUP part is taken', async () => {
    const body = MULTIPART([
      'Content-Type: application/isup;version=nxv3;base=etsi121\r\nContent-Disposition: signal;handling=optional\r\n\r\nabc',
      `Content-Type: application/sdp\r\n\r\n${probe.sdp()}`,
    ]);
    expect((await probe.ask({ contentType: 'multipart/mixed; boundary="edge"', body })).status).toBe(486);
  });

  it('a version that is not 2.0', async () => {
    expect((await probe.ask({ version: '7.0' })).status).toBe(505);
  });

  it('a copy of a call that is being dealt with', async () => {
    const call = probe.send({ user: '1001' });
    await world.app.waitForRequest('/talk', () => true, 10_000);
    const { callId, fromTag } = call;
    expect((await probe.ask({ user: '1001', callId, fromTag })).status).toBe(482);
    expect(world.app.requestsTo('/talk')).toHaveLength(1);
    probe.send({ ...call, method: 'CANCEL', body: '' });
  });

  it('OPTIONS tells what we can do', async () => {
    const { status, headers } = await probe.ask({ method: 'OPTIONS' });
    expect(status).toBe(200);
    expect(headers.get('Allow')).toBe('INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER');
    expect(headers.get('Accept')).toMatch(/^application\/sdp, multipart\/mixed/);
    expect(headers.get('Supported')).toMatch(/100rel.*timer/);
  });

  it.each(['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH'])('%s gets 405 with the methods that we take', async (method) => {
    const headers = method === 'NOTIFY' || method === 'SUBSCRIBE' || method === 'PUBLISH' ? ['Event: presence'] : [];
    const answer = await probe.ask({ method, headers });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toContain('INVITE');
  });

  it('counts them', async () => {
    let count = 0;
    for (const index of [0, 1]) {
      const metrics = await (await fetch(`${world.gatewayUrl(index)}/metrics`)).text();
      count += Number(/invites_total\{outcome="unacceptable"\} (\d+)/.exec(metrics)?.[1] ?? 0);
    }
    // Both SIP servers answer some of them themselves.
    expect(count).toBeGreaterThanOrEqual(4);
  });
});
