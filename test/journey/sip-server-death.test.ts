import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World } from '../support/world';

const [CALLER_HZ, AGENT_HZ] = [400, 1_300];
/** Instead of the minute that docs/guarantees.md names: how long after its last audio a far end counts as gone. */
const SILENCE_MS = 1_500;

describeStack('the SIP server dies', { deaths: true }, () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2, numbers: { 1000: '/caller', 2000: '/agent', 3000: '/hello' }, extraConfig: { media: { timeoutMs: SILENCE_MS } },
    });
    world.app
      .on('/caller', '<Response><Enqueue action="/after">support</Enqueue></Response>')
      .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
      .on('/hello', '<Response><Gather timeout="30"/></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it('calls go on without signalling while their far ends send audio, and end when these fall silent; new calls are taken', async () => {
    const wait = () => waitInQueue(world, { path: '/caller', wait: '/caller', play: { tone: CALLER_HZ } });
    const talking = await wait();
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await talking.call.audio.waitForTone(AGENT_HZ, { withinMs: 10_000, fromAt: 0 });
    const [leaving, served] = [await wait(), await wait()];
    const everybody = [talking, agent, leaving, served];
    await eventually(() => expect([leaving, served].map(({ call }) => call.audio.hears(MUSIC_HZ))).toEqual([true, true]));

    await world.sipServer.kill();
    await world.sipServer.start();
    await eventually(async () => {
      const ready = await Promise.all([0, 1].map(async (index) => (await fetch(`${world.gatewayUrl(index)}/health/ready`)).status));
      expect(ready).toEqual([200, 200]);
    });
    const after = await dialIn(world, '3000', '/hello');
    await eventually(() => expect(after.call.state).toBe('answered'));
    for (const { call } of everybody) {
      expect(call.state).toBe('answered');
      expect(gapReport(call.audio, { overMs: 200 })).toEqual([]);
    }
    expect(requestsOf(world, talking, '/after')).toEqual([]);
    // Nobody hears of his BYE: his silence says it.
    await leaving.call.hangup();
    expect((await requestOf(world, leaving, '/after')).params['QueueResult']).toBe('hangup');
    await agent.call.hangup();
    expect((await requestOf(world, talking, '/after')).params['QueueResult']).toBe('bridged');
    // He who waits has his place, and is joined with an agent who calls now.
    const next = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await served.call.audio.waitForTone(AGENT_HZ, { withinMs: 10_000, fromAt: 0 });
    await next.call.hangup();
    expect((await requestOf(world, served, '/after')).params['QueueResult']).toBe('bridged');
    await Promise.all([talking, served, after].map(({ call }) => call.hangup()));
    for (const caller of [talking, leaving, served]) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);
});
