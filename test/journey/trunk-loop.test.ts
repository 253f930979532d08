import { freePorts } from '../support/free-ports';
import { SipProbe } from '../support/sip-probe';
import { ACCOUNT, World } from '../support/world';

const CARRIER = '127.0.0.31';

/** A carrier that brings each call to the outside back to us, as a call of its own: nobody but Max-Forwards can tell. */
describe('a call that goes in a circle', () => {
  let world: World;
  let carrier: SipProbe;

  beforeAll(async () => {
    const port = await freePorts(1);
    world = await World.start({
      numbers: { '1000': '/around' },
      trunks: [{ name: 'carrier', account: ACCOUNT, sources: [CARRIER], outbound: { host: CARRIER, port } }],
    });
    world.app
      .on('/around', '<Response><Dial answerOnBridge="true">+15550999</Dial><Reject reason="busy"/></Response>')
      .on('/status', '');
    carrier = await SipProbe.start(world.sip, CARRIER, async (headers) => {
      const maxForwards = Number(headers.get('Max-Forwards')) - 1;
      return (await carrier.ask({ user: '1000', maxForwards })).status;
    }, port);
  }, 60_000);
  afterAll(async () => {
    carrier?.close();
    await world?.stop();
  });

  it('ends when no hop is left', async () => {
    expect((await carrier.ask({ user: '1000', maxForwards: 6 })).status).toBe(486);
    // Each round takes two hops, one of ours and one of the carrier's: 6, 4, 2, and 0 is refused.
    expect(world.app.requestsTo('/around')).toHaveLength(3);
    const metrics = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
    expect(metrics).toMatch(/invites_total\{outcome="unacceptable"\} 1\n/);
  });
});
