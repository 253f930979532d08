import { newToken } from '../../src/lib';
import type { CustomerRequest } from '../support/customer-app';
import { type ProbeRequest, SipProbe } from '../support/sip-probe';
import { World } from '../support/world';

const CARRIER = '127.0.0.21';
const STRANGE = '127.0.0.22';
const FROM = '"Somebody" <sip:+15550100@carrier.example>';

/** Who calls, as the application is told: what a trusted carrier says counts, what another one says of it does not. */
describe('callers of trunks', () => {
  let world: World;
  let carrier: SipProbe;
  let strange: SipProbe;

  beforeAll(async () => {
    world = await World.start({
      numbers: { '1000': '/voice', '+15550199': '/voice' },
      trunks: [{ name: 'carrier', sources: [CARRIER], trusted: true }, { name: 'other', sources: [STRANGE] }],
    });
    world.app.on('/voice', '<Response><Reject reason="busy"/></Response>').on('/status', '');
    [carrier, strange] = await Promise.all([SipProbe.start(world.sip, CARRIER), SipProbe.start(world.sip, STRANGE)]);
  }, 60_000);
  afterAll(async () => {
    carrier?.close();
    strange?.close();
    await world?.stop();
  });

  /** Parameters of the first request to the application for such a call. */
  const told = async (probe: SipProbe, request: ProbeRequest): Promise<CustomerRequest['params']> => {
    const callId = newToken(8);
    expect((await probe.ask({ ...request, callId })).status).toBe(486);
    return (await world.app.waitForRequest('/voice', ({ params }) => params['SipCallId'] === callId, 5_000)).params;
  };

  it('P-Asserted-Identity and Diversion of a trusted carrier count', async () => {
    const headers = [
      'P-Asserted-Identity: "Real Name" <sip:+15550111@carrier.example;user=phone>', 'P-Asserted-Identity: <tel:+15550111>',
      'Diversion: <sip:+15550122@carrier.example>;reason=no-answer;privacy=off', 'Diversion: <sip:+15550133@carrier.example>',
    ];
    const params = await told(carrier, { from: FROM, headers });
    expect(params).toMatchObject({ From: '+15550111', Caller: '+15550111', CallerName: 'Real Name', ForwardedFrom: '+15550122' });
  });

  it('of another trunk they do not', async () => {
    const headers = [
      'P-Asserted-Identity: <sip:+15550111@carrier.example>', 'Diversion: <sip:+15550122@carrier.example>', 'Privacy: id',
      'History-Info: <sip:+15550122@a>;index=1, <sip:1000@b;cause=302>;index=1.1',
    ];
    const params = await told(strange, { from: FROM, headers });
    expect(params).toMatchObject({ From: '+15550100', CallerName: 'Somebody' });
    expect(params).not.toHaveProperty('ForwardedFrom');
  });

  it('whoever wants to stay unknown does', async () => {
    const params = await told(carrier, { from: FROM, headers: ['P-Asserted-Identity: <sip:+15550111@carrier.example>', 'Privacy: id;critical'] });
    expect(params).toMatchObject({ From: 'anonymous', Caller: 'anonymous' });
    expect(params).not.toHaveProperty('CallerName');
    expect(JSON.stringify(params)).not.toContain('+15550111');
    const from = '"Anonymous" <sip:anonymous@anonymous.invalid>';
    expect(await told(strange, { from })).toMatchObject({ From: 'anonymous' });
  });

  it('who forwarded the call last is in History-Info when there is no Diversion', async () => {
    const history = 'History-Info: <sip:+15550144@carrier.example>;index=1, <sip:+15550145@carrier.example;cause=486>;index=1.1, '
      + '<sip:1000@gateway.example;cause=302>;index=1.1.1;mp=1.1';
    expect(await told(carrier, { from: FROM, headers: [history] })).toMatchObject({ ForwardedFrom: '+15550145' });
  });

  it('a number may come as tel: URI, and with visual separators', async () => {
    const params = await told(carrier, { requestUri: 'tel:+1-555-0199', from: '<tel:+1-(555)-0100>', headers: [] });
    expect(params).toMatchObject({ From: '+15550100', To: '+15550199' });
  });

  it('headers for the application arrive as they are, one name once', async () => {
    const headers = [
      'X-Order: 4711', 'X-Text: Grüße & more=1', 'X-Twice: a', 'x-twice: b', 'X-Folded: one\r\n two', 'User-to-User: 56a390;encoding=hex',
      'Y-Other: no', `X-Long: ${'l'.repeat(1_100)}`,
    ];
    const params = await told(strange, { from: FROM, headers });
    expect(params).toMatchObject({
      'SipHeader_X-Order': '4711', 'SipHeader_X-Text': 'Grüße & more=1', 'SipHeader_X-Twice': 'a,b', 'SipHeader_X-Folded': 'one two',
      'SipHeader_User-to-User': '56a390;encoding=hex',
    });
    expect(Object.keys(params).filter((name) => /Y-Other|X-Long/i.test(name))).toEqual([]);
  });
});
