import { createSocket, type Socket } from 'node:dgram';
import { dialIn, requestOf } from '../support/queue-story';
import { ACCOUNT, World } from '../support/world';

/** Refused by configuration, so that it stands for an address of the operator's own network. */
const INSIDE = '127.66.0.1';

/** A tenant's `<Sip>` leads only where the egress guard lets it; loops through a trunk come to an end. */
describe('where a dialled leg may go', () => {
  let world: World;
  let canary: Socket;
  let heard = 0;

  beforeAll(async () => {
    canary = createSocket('udp4');
    canary.on('message', () => (heard += 1));
    await new Promise<void>((ready) => canary.bind(0, INSIDE, ready));
    world = await World.start({
      numbers: { '1000': '/inside', '1001': '/unknown' },
      extraConfig: { webhooks: { deny: ['127.66.0.0/16'] } },
    });
    const { port } = canary.address();
    world.app
      .on('/inside', `<Response><Dial action="/done"><Sip>sip:a@${INSIDE}:${port}</Sip></Dial></Response>`)
      .on('/unknown', '<Response><Dial action="/done"><Sip>sip:a@nobody.invalid</Sip></Dial></Response>')
      .on('/done', '<Response><Hangup/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
    canary?.close();
  });

  it('a target inside fails like one that does not exist: 403, one alert, not one packet', async () => {
    for (const [number, path] of [['1000', '/inside'], ['1001', '/unknown']] as const) {
      const caller = await dialIn(world, number, path);
      const done = await requestOf(world, caller, '/done');
      expect(done.params).toMatchObject({ DialCallStatus: 'failed' });
      const facts = await world.timeline(caller.callSid);
      const alerts = facts.filter(({ type }) => type === 'alert.raised');
      expect(alerts).toMatchObject([{ accountSid: ACCOUNT, code: 13254 }]);
      expect(JSON.stringify(alerts)).toContain('has no public address');
      await caller.call.untilEnded({ withinMs: 5_000 });
      const failed = (await world.timeline(String(done.params['DialCallSid']))).find(({ type }) => type === 'leg.failed');
      expect(failed).toMatchObject({ status: 403 });
    }
    expect(heard).toBe(0);
    const metrics = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
    expect(metrics).toMatch(/holdfast_signaling_targets_refused_total\{reason="deny-list"\} 1/);
    expect(metrics).toMatch(/holdfast_signaling_targets_refused_total\{reason="unresolved"\} 1/);
  });
});
