import { Baresip } from '../support/baresip';
import { eventually } from '../support/eventually';
import { dialIn, requestOf } from '../support/queue-story';
import { runSipp } from '../support/sipp';
import { World } from '../support/world';

describe('how a call begins', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      numbers: {
        '1000': '/busy', '1001': '/rejected', '1002': { voice: '/failing', fallback: '/fallback' }, '1003': '/failing',
        '1004': { voice: '/broken', fallback: '/fallback' }, '1005': '/late', '1006': '/text', '1007': '/empty', '3000': '/menu',
      },
    });
    world.app
      .on('/busy', '<Response><Reject reason="busy"/></Response>')
      .on('/rejected', '<Response><Reject/></Response>')
      .on('/failing', { status: 500, body: 'no' })
      .on('/broken', '<Response><Say>never closed</Response>')
      .on('/fallback', '<Response><Say>One moment</Say><Pause length="20"/></Response>')
      .on('/late', '<Response><Pause length="1"/><Say>Hello</Say></Response>')
      .on('/text', { headers: { 'Content-Type': 'text/plain' }, body: 'Good morning' })
      .on('/empty', '<Response/>')
      .on('/menu', '<Response><Gather numDigits="1" timeout="5" action="/chosen"><Say>Press one for support</Say></Gather><Redirect>/menu</Redirect></Response>')
      .on('/chosen', (params) => (params['Digits'] === '1' ? '<Response><Enqueue>menu</Enqueue></Response>' : '<Response><Hangup/></Response>'))
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const SCENARIO = (status: number): { readonly xml: string } => ({
    xml: `<?xml version="1.0"?><scenario name="expects ${status}">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+15550177@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="${status}"/>
<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: 1 ACK
Content-Length: 0

]]></send>
</scenario>`,
  });

  it.each([
    ['1000', 486, 'Reject busy'],
    ['1001', 603, 'Reject'],
    ['4711', 404, 'a number nobody owns'],
    ['1003', 500, 'an application that fails, without a fallback'],
  ])('%s is answered %d: %s', async (number, status) => {
    const result = await runSipp({ scenario: SCENARIO(status), remote: world.sip, to: number, timeoutMs: 15_000 });
    expect(result).toMatchObject({ exitCode: 0, successful: 1, failed: 0 });
  });

  it.each([
    ['1002', '11200', '/failing'],
    ['1004', '12100', '/broken'],
  ])('%s: the fallback URL is asked with ErrorCode %s and carries the call', async (number, code, path) => {
    const caller = await dialIn(world, number, path);
    const fallback = await requestOf(world, caller, '/fallback');
    expect(fallback.params).toMatchObject({ ErrorCode: code, ErrorUrl: world.app.url(path) });
    expect(fallback.signature).toBe('valid');
    await caller.call.untilAnswered({ withinMs: 5_000 });
    await caller.call.hangup();
  });

  it('a Pause as first verb delays the answer, ringing', async () => {
    const caller = await dialIn(world, '1005', '/late');
    await caller.call.untilRinging({ withinMs: 2_000 });
    await caller.call.untilAnswered({ withinMs: 5_000 });
    expect((caller.call.answeredAt ?? 0) - caller.first.receivedAt).toBeGreaterThan(950);
    await caller.call.untilEnded({ withinMs: 10_000 });
  });

  it('text that is no TwiML is spoken', async () => {
    const caller = await dialIn(world, '1006', '/text');
    await caller.call.untilEnded({ withinMs: 10_000 });
    const spoken = caller.call.audio.packets.filter(({ samples }) => samples?.some((sample) => Math.abs(sample) > 1_000));
    expect(spoken.length).toBeGreaterThan(15);
  });

  it('an empty document is an answered call of no length', async () => {
    const caller = await dialIn(world, '1007', '/empty');
    const ending = await caller.call.untilEnded({ withinMs: 5_000 });
    expect(ending.by).toBe('them');
    expect(caller.call.answeredAt).toBeDefined();
  });

  it('a keypad menu leads into the queue', async () => {
    const caller = await Baresip.start({ user: 'menu' });
    try {
      await caller.dial(world.uri('3000'));
      await world.app.waitForRequest('/menu', undefined, 10_000);
      await caller.pressKeys('1');
      const chosen = await world.app.waitForRequest('/chosen', undefined, 10_000);
      expect(chosen.params['Digits']).toBe('1');
      const facts = async (): Promise<string[]> => (await world.timeline(chosen.params['CallSid'] ?? '')).map(({ type }) => type);
      await eventually(async () => expect(await facts()).toContain('queue-entry.joined'));
    } finally {
      await caller.stop();
    }
  });

  it('a repeated prompt comes when no key is pressed', async () => {
    const caller = await dialIn(world, '3000', '/menu');
    await world.app.waitForRequest('/menu', ({ params, receivedAt }) =>
      params['CallSid'] === caller.callSid && receivedAt > caller.first.receivedAt + 4_000, 15_000);
    await caller.call.hangup();
  });

  it('refuses strangers', async () => {
    const facts = await fetch(`${world.gatewayUrl()}/health/ready`);
    expect(facts.status).toBe(200);
    const metrics = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
    expect(metrics).toMatch(/holdfast_signaling_invites_total\{outcome="unknown-number"\} 1/);
  });
});
