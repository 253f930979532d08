import { type IncomingPhoneCall, Phone } from '../../src/phone';
import { eventually } from '../support/eventually';
import { runSipp, type SippOptions, type SippResult, startSipp } from '../support/sipp';
import {
  caller, callUp, change, type Expected, expectResponse, hangUp, pause, scenario, sdp, speak, untilBye,
} from '../support/sipp/scenario';
import { World } from '../support/world';

/** A multipart body as ISDN carriers send it (RFC 3204). */
const WITH_ISUP = {
  type: 'multipart/mixed;boundary=b1',
  body: `--b1\nContent-Type: application/isup;version=itu-t92+;base=itu-t92+\nContent-Disposition: signal;handling=optional\n\n01 00 49\n--b1\nContent-Type: application/sdp\n\n${sdp()}\n--b1--`,
};

/** Carriers' cases of a call to us, from callers nobody here wrote; whoever they reach hears them. */
describe('callers as carriers send them', () => {
  let world: World;
  let outside: Phone;

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      numbers: { '1000': '/dial', '1001': '/on-bridge', '1002': '/wait', '1003': '/queue', '1004': '/slow', '2000': '/agent' },
      outbound: { host: '127.0.0.1', port: outside.port },
    });
    world.app
      .on('/dial', '<Response><Dial action="/done"><Number>+15550000</Number></Dial></Response>')
      .on('/on-bridge', '<Response><Dial answerOnBridge="true" action="/done"><Number>+15550001</Number></Dial></Response>')
      .on('/done', '<Response><Hangup/></Response>')
      .on('/slow', () => new Promise((resolve) => setTimeout(resolve, 1_500, '<Response><Hangup/></Response>')))
      .on('/wait', '<Response><Gather timeout="60"/></Response>')
      .on('/queue', '<Response><Enqueue waitUrl="/held" action="/done">held</Enqueue></Response>')
      .on('/held', '<Response><Pause length="60"/></Response>')
      .on('/agent', '<Response><Dial action="/done"><Queue>held</Queue></Dial></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  const options = (name: string, steps: readonly string[], more: Partial<SippOptions> = {}): SippOptions => ({
    scenario: scenario(name, ...steps), remote: world.sip, to: '1000', from: name, timeoutMs: 20_000, ...more,
  });

  /** Runs a calling scenario whose callee answers, must hear its tone, and may do more before it hangs up. */
  async function heard(
    name: string, steps: readonly string[], more: Partial<SippOptions> = {}, meanwhile: (callee: IncomingPhoneCall) => Promise<unknown> = async () => undefined,
  ): Promise<SippResult> {
    const tone = more.tone ?? 500;
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const running = await startSipp(options(name, steps, { ...more, tone }));
    const callee = await coming.catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${(await running.stop()).messages}`);
    });
    callee.ring();
    await callee.answer({ play: { tone: 900 } });
    await callee.audio.waitForTone(tone, { withinMs: 8_000, fromAt: 0 });
    await meanwhile(callee);
    await callee.hangup();
    const result = await running.finished;
    if (result.exitCode !== 0) throw new Error(`${name}: ${result.errors}\n${result.messages.slice(-6_000)}`);
    return result;
  }

  it('over TCP: the answer names TCP as the way back, and the call ends on the same connection', async () => {
    await heard('by-tcp', [
      callUp(undefined, { has: ['Contact: <sip:[^>]*transport=tcp'] }), speak(), untilBye({ has: ['Via: SIP/2.0/TCP'] }),
    ], { transport: 'tcp' });
  });

  it('without an offer: ours has every codec, and theirs comes with the ACK', async () => {
    await heard('late-offer', [
      callUp({}, { has: ['m=audio [0-9]+ RTP/AVP 0 8 101'] }, { body: sdp({ payloads: '8 101' }) }), speak(8), untilBye(),
    ], { law: 'PCMA' });
  });

  it('with the offer as one part of several', async () => {
    await heard('multipart', [callUp(WITH_ISUP, { has: ['Content-Type: application/sdp', 'm=audio'] }), speak(), untilBye()]);
  });

  it.each([
    ['a codec we do not have before one we have', '18 8 101', 'm=audio [0-9]+ RTP/AVP 8', 8, 'PCMA'],
    ['the second of ours before the first', '8 0 101', 'm=audio [0-9]+ RTP/AVP (0|8)', undefined, undefined],
  ] as const)('with %s', async (_name, payloads, expected, payload, law) => {
    // FreeSWITCH and the embedded server take the first of their own order: the answer says what we may send.
    await heard('codecs', [callUp({ body: sdp({ payloads }) }, { has: [expected] }), speak(payload ?? 0), untilBye()], law ? { law } : {});
  });

  it('with no codec of ours: 488', async () => {
    const result = await runSipp(options('no-codec', [
      caller.invite({ body: sdp({ payloads: '18' }) }), expectResponse(100, { optional: true }), expectResponse(180, { optional: true }),
      expectResponse(488), caller.ackRefusal(4),
    ], { to: '1002' }));
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('through proxies that stay in the path: our requests go along the recorded route', async () => {
    await heard('routed', [
      callUp(
        { body: sdp(), headers: ['Record-Route: <sip:127.0.0.1:[local_port];lr;hop=1>', 'Record-Route: <sip:127.0.0.1:[local_port];lr;hop=2>'] },
        { has: ['Record-Route:.*hop=1.*hop=2'] },
      ), speak(), untilBye({ has: ['Route: *<sip:127.0.0.1:[0-9]+;lr;hop=1>.*<sip:127.0.0.1:[0-9]+;lr;hop=2>'] }),
    ]);
  });

  it('who require reliable provisional responses get the answer without any', async () => {
    const result = await heard('reliable', [
      caller.invite({ body: sdp(), headers: ['Require: 100rel'] }), expectResponse(100, { optional: true }), expectResponse(200), caller.ack(1),
      speak(), untilBye(),
    ], { to: '1001' });
    expect(result.messages).not.toMatch(/^SIP\/2.0 18\d/m);
  });

  it('who ask for a session timer get it, and refresh by UPDATE and by re-INVITE', async () => {
    const timer = ['Supported: timer', 'Session-Expires: 90'];
    const agreed: Expected = { has: ['Session-Expires: 90;refresher=uac', 'Require: timer'] };
    await heard('timer', [
      callUp({ body: sdp(), headers: timer }, agreed), speak(),
      caller.request('UPDATE', 2, { headers: ['Supported: timer', 'Session-Expires: 90;refresher=uac'] }), expectResponse(200, agreed),
      change(3, { body: sdp(), headers: timer }, agreed), untilBye(),
    ]);
  });

  it('who want us to refresh are told that we will', async () => {
    await heard('timer-ours', [
      callUp({ body: sdp(), headers: ['Supported: timer', 'Session-Expires: 120;refresher=uas'] }, { has: ['Session-Expires: 120;refresher=uas'] }),
      speak(), untilBye(),
    ]);
  });

  it('who change the session twice at once: 491 for the second, and the first goes on', async () => {
    await heard('glare', [
      callUp(), speak(), pause(200),
      caller.request('INVITE', 2), expectResponse(100, { optional: true }), expectResponse(200, { has: ['m=audio'] }),
      caller.request('UPDATE', 3, { body: sdp({ version: 2 }) }), expectResponse(491),
      caller.ack(2, { body: sdp({ version: 3 }) }), untilBye(),
    ], {}, async (callee) => callee.audio.waitForTone(500, { withinMs: 5_000, fromAt: performance.timeOrigin + performance.now() + 500 }));
  });

  it('who hold and come back while they talk, by re-INVITE and by UPDATE, are heard again', async () => {
    await heard('hold-talking', [
      callUp(), speak(), pause(400),
      change(2, { body: sdp({ direction: 'sendonly', version: 2 }) }, { has: ['a=recvonly'] }), pause(200),
      change(3, { body: sdp({ direction: 'inactive', version: 3 }) }, { has: ['a=inactive'] }), pause(200),
      caller.request('UPDATE', 4, { body: sdp({ version: 4 }) }), expectResponse(200, { has: ['m=audio [1-9]'] }),
      untilBye(),
    ], {}, async (callee) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await callee.audio.waitForTone(500, { withinMs: 5_000 });
    });
  });

  it.each([['sendonly', 'recvonly'], ['inactive', 'inactive']])('who hold (%s) and come back while they wait are joined all the same', async (direction, answered) => {
    const name = `hold-waiting-${direction}`;
    const running = await startSipp(options(name, [
      callUp(), speak(), pause(300),
      change(2, { body: sdp({ direction, version: 2 }) }, { has: [`a=${answered}`] }), pause(300),
      change(3, { body: sdp({ version: 3 }) }, { has: ['m=audio [1-9]'] }),
      caller.request('INFO', 4, { type: 'text/plain', body: 'back' }), expectResponse(200),
      untilBye(),
    ], { to: '1003', tone: 600 }));
    await world.app.waitForRequest('/held', ({ params }) => String(params['From']).includes(name), 10_000);
    const phone = await world.phone({ user: 'agent' });
    const agent = await phone.call(world.uri('2000'), { play: { tone: 900 } });
    await agent.audio.waitForTone(600, { withinMs: 10_000, fromAt: 0 });
    // Still there after whatever the caller did last.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await agent.audio.waitForTone(600, { withinMs: 5_000 });
    await agent.hangup();
    expect(await running.finished).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('whose network loses 30 % of what is sent either way', async () => {
    const calls = 5;
    const result = await runSipp(options('lossy', [callUp(), pause(500), hangUp(2)], { to: '1002', calls, rate: 20, lossPercent: 30, timeoutMs: 28_000 }));
    expect(result).toMatchObject({ exitCode: 0, successful: calls, failed: 0 });
    await eventually(() => {
      const told = world.app.requestsTo('/status').filter(({ params }) => String(params['From']).includes('lossy'));
      expect(told.map(({ params }) => params['CallStatus'])).toEqual(Array<string>(calls).fill('completed'));
    }, 10_000);
  });

  it('who cancel get 487, and nothing is left', async () => {
    // A CANCEL that meets the answer on the way is a step that SIPp cannot take: see contract/drachtio, and call-races.
    const result = await runSipp(options('cancelled', [
      caller.invite(), expectResponse(100), caller.cancel(2), expectResponse(200, { has: ['CSeq: 1 CANCEL'] }), expectResponse(487), caller.ackRefusal(5),
    ], { to: '1004', calls: 3 }));
    expect(result).toMatchObject({ exitCode: 0, successful: 3 });
    await eventually(async () => {
      const metrics = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
      expect(metrics).toMatch(/^holdfast_calls_active_calls 0$/m);
    }, 10_000);
    const told = world.app.requestsTo('/status').filter(({ params }) => String(params['From']).includes('cancelled'));
    expect(told.every(({ params }) => params['CallStatus'] === 'canceled')).toBe(true);
  });
});
