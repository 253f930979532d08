import type { CallRecord } from '../../src/calls';
import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { ACCOUNT, MUSIC_HZ, World } from '../support/world';

const CALLER_HZ = 400;
const AGENT_HZ = 1_300;

describeStack('caller and agent on different media servers', { mediaServers: 2 }, () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ mediaServers: 2, numbers: { '1000': '/caller', '2000': '/agent', '2001': '/next-agent' } });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">apart</Enqueue></Response>')
      .on('/wait', '<Response><Pause length="60"/></Response>')
      .on('/after', '<Response><Enqueue waitUrl="/music" action="/after">apart</Enqueue></Response>')
      .on('/music', '<Response/>')
      .on('/agent', '<Response><Dial hangupOnStar="true" action="/served"><Queue>apart</Queue></Dial></Response>')
      .on('/next-agent', '<Response><Dial action="/served"><Queue>apart</Queue></Dial></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const recordOf = (callSid: string): Promise<CallRecord | undefined> => world.callRecord(callSid);
  const serverOf = async (callSid: string): Promise<string | undefined> => (await recordOf(callSid))?.media?.serverName;
  /** The gateway places an endpoint where it has fewest: the agent's not where the caller's is. */
  const agentElsewhere = async (number: string, path: string, callerSid: string, tone: number): ReturnType<typeof dialIn> => {
    const agent = await dialIn(world, number, path, { tone });
    await eventually(async () => expect(await serverOf(agent.callSid)).toBeDefined());
    expect(await serverOf(agent.callSid)).not.toBe(await serverOf(callerSid));
    return agent;
  };

  it('what another gateway needs to carry on is on record while the caller waits', async () => {
    const caller = await waitInQueue(world);
    const record = await eventually(async () => {
      const now = await recordOf(caller.callSid);
      expect(now?.progress).toHaveProperty('state.waitDocumentUrl');
      return now;
    });
    expect(record).toMatchObject({
      callSid: caller.callSid, identity: { accountSid: ACCOUNT, direction: 'inbound', to: '1000' }, status: 'in-progress',
      queueEntry: { queueSid: expect.stringMatching(/^QU/) as unknown, entryId: expect.any(String) as unknown },
      progress: {
        step: 'verb', documentUrl: world.app.url('/caller'), documentMethod: 'POST', verbIndex: 0, verb: 'Enqueue',
        state: { waitDocumentUrl: world.app.url('/wait') },
      },
    });
    expect(record?.dialogId).toMatch(/;from-tag=/);
    expect(record?.media?.dialogId).toMatch(/;from-tag=/);
    expect(record?.media?.uuid).toMatch(/^[0-9a-f-]{36}$/);
    await caller.call.hangup();
    await eventually(async () => expect(await recordOf(caller.callSid)).toMatchObject({ status: 'completed', endReason: 'remote-hangup' }));
    expect((await recordOf(caller.callSid))?.endedAt).toBeGreaterThan(0);
    // Nothing is left that another gateway would have to do.
    await eventually(async () => expect(await world.gatewayOf(caller.callSid)).toBeUndefined());
  });

  it('hear each other, part, and the caller waits again with music', async () => {
    const caller = await waitInQueue(world, { play: { tone: CALLER_HZ } });
    const agent = await agentElsewhere('2000', '/agent', caller.callSid, AGENT_HZ);
    await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    // The agent leaves the conversation by key: both programs go on, each on its own.
    await agent.call.sendDigits('*');
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('bridged');
    expect((await requestOf(world, agent, '/served')).params).toMatchObject({ DialCallStatus: 'completed', DialCallSid: caller.callSid });
    await requestOf(world, caller, '/music');
    const againFrom = Date.now();
    await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000, fromAt: againFrom });
    await agent.call.hangup();
    await eventually(async () => expect(await recordOf(agent.callSid)).toMatchObject({ status: 'completed' }));
    // A second agent, and this time the caller is the one who hangs up.
    const next = await agentElsewhere('2001', '/next-agent', caller.callSid, 1_600);
    await caller.call.audio.waitForTone(1_600, { withinMs: 5_000, fromAt: againFrom });
    await caller.call.hangup();
    expect((await requestOf(world, next, '/served')).params).toMatchObject({ DialCallStatus: 'completed', DialCallSid: caller.callSid });
    await eventually(() => expect(requestsOf(world, caller, '/after')).toHaveLength(2));
    expect(requestsOf(world, caller, '/after')[1]?.params).toMatchObject({ QueueResult: 'bridged', CallStatus: 'completed' });
    await next.call.hangup();
  });

  it('an operator makes room: who was there goes to the other one, and so does who calls right afterwards', async () => {
    const [one = '', other = ''] = world.mediaServerNames;
    const caller = await world.onlyOn(one, () => waitInQueue(world, { play: { tone: CALLER_HZ } }));
    await world.askMedia(one, `uuid_kill ${(await recordOf(caller.callSid))?.media?.uuid ?? ''} MANAGER_REQUEST`);
    await eventually(async () => expect(await serverOf(caller.callSid)).toBe(other));
    // It has fewer channels now, and would be taken but for that.
    const next = await waitInQueue(world, { play: { tone: CALLER_HZ } });
    expect(await serverOf(next.callSid)).toBe(other);
    await Promise.all([caller.call.hangup(), next.call.hangup()]);
  });
});
