import twilio from 'twilio';
import { eventually } from '../support/eventually';
import { dialIn } from '../support/queue-story';
import { ACCOUNT, AUTH_TOKEN, World } from '../support/world';

describe('an account whose application fails', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ gateways: 2, numbers: { '1000': '/broken', '1001': '/odd', '1002': '/elsewhere' } });
    world.app
      .on('/broken', { status: 500, headers: { 'X-Build': '17', 'Set-Cookie': 'sid=cookie-of-mine' }, body: 'no database: password=hunter2' })
      .on('/status', '')
      .on('/odd', '<Response><Bogus/><Hangup/></Response>')
      .on('/elsewhere', () => `<Response><Redirect>${world.app.url('/nothing').replace('://', '://me:hunter2@')}?token=hunter2</Redirect></Response>`);
  }, 60_000);
  afterAll(() => world?.stop());

  /** Whichever gateway is asked knows of the calls of both. */
  function monitor(gateway: number, token = AUTH_TOKEN) {
    const client = twilio(ACCOUNT, token);
    client.monitor.baseUrl = world.gatewayUrl(gateway);
    return client.monitor.v1;
  }

  async function alertOfCall(number: string, path: string) {
    const { callSid, first: { params } } = await dialIn(world, number, path);
    const listed = await eventually(async () => {
      const [alert] = (await monitor(0).alerts.list()).filter(({ resourceSid }) => resourceSid === callSid);
      if (!alert) throw new Error('no alert of the call');
      return alert;
    });
    return { alert: await monitor(1).alerts(listed.sid).fetch(), params };
  }

  it('reads which request failed and what it had answered, without what was secret', async () => {
    const { alert, params } = await alertOfCall('1000', '/broken');
    expect(alert.toJSON()).toMatchObject({
      accountSid: ACCOUNT, resourceSid: params['CallSid'], errorCode: '11200', logLevel: 'error', requestMethod: 'POST',
      requestUrl: world.app.url('/broken'), responseBody: 'no database: password=[removed]',
    });
    const sent = Object.fromEntries(new URLSearchParams(alert.requestVariables));
    expect(sent).toMatchObject({ CallSid: params['CallSid'], AccountSid: ACCOUNT, To: params['To'], CallStatus: 'ringing' });
    const headers = Object.fromEntries(new URLSearchParams(alert.responseHeaders));
    expect(headers).toMatchObject({ 'x-build': '17', 'set-cookie': '[removed]' });
    expect(alert.alertText).toContain('ErrorCode=11200&LogLevel=ERROR');
  });

  it('reads what of a document was not understood, with the document', async () => {
    const { alert } = await alertOfCall('1001', '/odd');
    expect(alert.toJSON()).toMatchObject({
      errorCode: '12200', logLevel: 'warning', requestUrl: world.app.url('/odd'), responseBody: '<Response><Bogus/><Hangup/></Response>',
    });
  });

  it('finds no secrets of its URLs in alerts or in the timeline', async () => {
    const { alert, params } = await alertOfCall('1002', '/elsewhere');
    expect(alert).toMatchObject({ errorCode: '11200', responseBody: 'no route /nothing' });
    expect(alert.requestUrl).toContain('/nothing?token=[removed]');
    expect(JSON.stringify(alert)).not.toContain('hunter2');
    const raised = (await world.timeline(params['CallSid'] ?? '')).filter(({ type }) => type === 'alert.raised');
    expect(raised).toHaveLength(1);
    expect(JSON.stringify(raised)).not.toContain('hunter2');
  });

  it('is the only one who reads them', async () => {
    await expect(monitor(0, 'another token').alerts.list()).rejects.toMatchObject({ status: 401, code: 20003 });
    const page = await (await fetch(`${world.gatewayUrl(0)}/metrics`)).text();
    expect(page).toMatch(/^holdfast_rest_requests_total{status="401"} 1$/m);
  });
});
