import { Phone } from '../../src/phone';
import { encodeWav } from '../../src/protocol/wav';
import { Baresip } from '../support/baresip';
import { eventually } from '../support/eventually';
import { dialIn, type Party, requestOf, requestsOf } from '../support/queue-story';
import { startSipp } from '../support/sipp';
import { toneSamples } from '../support/tones';
import { World } from '../support/world';

describe('dialling out', () => {
  let world: World;
  /** What the outbound trunk leads to. */
  let outside: Phone;

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      numbers: {
        '1000': '/parallel', '1001': '/sequential', '1002': '/trunk', '1003': '/inside', '1004': '/answer-on-bridge', '1005': '/star',
        '1006': '/limit', '1007': '/refused', '1008': '/nowhere', '1009': '/ringing', '3000': '/inside-number', '3001': '/busy-number',
        '1010': '/inside-busy', '1011': '/callbacks',
      },
      outbound: { host: '127.0.0.1', port: outside.port },
    });
    world.app
      .on('/done', '<Response><Pause length="20"/></Response>')
      .on('/status', '')
      .on('/inside-number', '<Response><Play>/tone.wav</Play></Response>')
      .on('/busy-number', '<Response><Reject reason="busy"/></Response>')
      .on('/inside', '<Response><Dial action="/done"><Number>3000</Number></Dial></Response>')
      .on('/inside-busy', '<Response><Dial action="/done"><Number>3001</Number></Dial></Response>')
      .on('/trunk', '<Response><Dial action="/done" callerId="+15551230000">+15557654321</Dial></Response>')
      .on('/answer-on-bridge', '<Response><Dial answerOnBridge="true" action="/done"><Number>+15550001</Number></Dial></Response>')
      .on('/star', '<Response><Dial hangupOnStar="true" action="/done"><Number>+15550002</Number></Dial></Response>')
      .on('/limit', '<Response><Dial timeLimit="2" action="/done"><Number>+15550003</Number></Dial></Response>')
      .on('/refused', '<Response><Dial action="/done"><Number url="/screen">+15550004</Number></Dial></Response>')
      .on('/screen', '<Response><Gather numDigits="1" timeout="10" action="/screened"><Say>Press one to accept</Say></Gather></Response>')
      .on('/screened', (params) => (params['Digits'] === '1' ? '<Response/>' : '<Response><Hangup/></Response>'))
      .on('/ringing', '<Response><Dial timeout="30" action="/done"><Number>+15550005</Number></Dial></Response>')
      .on('/callbacks',
        `<Response><Dial action="/done"><Number statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">+15550006</Number></Dial></Response>`)
      .on('/leg', '');
  }, 60_000);
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  const hangUp = (...parties: readonly Party[]): Promise<unknown> => Promise.all(parties.map(({ call }) => call.hangup()));

  it('parallel: the first who answers talks, the other is cancelled', async () => {
    const slow = await startSipp({ scenario: 'uas-no-answer', timeoutMs: 20_000 });
    const quick = await Baresip.start({ user: 'quick', tone: 1_300, answers: true });
    try {
      world.app.on('/parallel', `<Response><Dial action="/done"><Sip>${slow.uri}</Sip><Sip>${quick.uri}</Sip></Dial></Response>`);
      const caller = await dialIn(world, '1000', '/parallel', { tone: 400 });
      await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
      // SIPp's scenario succeeds only when it was rung and then cancelled.
      expect(await slow.finished).toMatchObject({ exitCode: 0, successful: 1 });
      await hangUp(caller);
      expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    } finally {
      await quick.stop();
    }
  });

  it('sequential: busy first, then the next one answers', async () => {
    const busy = await startSipp({ scenario: 'uas-busy', timeoutMs: 20_000 });
    const second = await startSipp({ scenario: 'uas-agent-bye', talkMs: 1_500, tone: 700, timeoutMs: 20_000 });
    world.app.on('/sequential', `<Response><Dial sequential="true" action="/done"><Sip>${busy.uri}</Sip><Sip>${second.uri}</Sip></Dial></Response>`);
    const caller = await dialIn(world, '1001', '/sequential');
    await caller.call.audio.waitForTone(700, { withinMs: 10_000, fromAt: 0 });
    const done = await requestOf(world, caller, '/done');
    expect(done.params).toMatchObject({ DialCallStatus: 'completed', DialSipResponseCode: '200' });
    expect(Number(done.params['DialCallDuration'])).toBeGreaterThanOrEqual(1);
    expect(await busy.finished).toMatchObject({ exitCode: 0 });
    expect(await second.finished).toMatchObject({ exitCode: 0 });
    await hangUp(caller);
  });

  it('a number outside goes through the trunk with the caller id asked for', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1002', '/trunk', { tone: 400 });
    const callee = await coming;
    expect(callee.to).toContain('15557654321');
    expect(callee.from).toContain('+15551230000');
    callee.ring();
    await callee.answer({ play: { tone: 900 } });
    await caller.call.audio.waitForTone(900, { withinMs: 5_000, fromAt: 0 });
    await callee.audio.waitForTone(400, { withinMs: 5_000, fromAt: 0 });
    await callee.hangup();
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'completed' });
    await hangUp(caller);
  });

  it('a number of the same account runs its own application, inside the gateway', async () => {
    world.app.on('/tone.wav', {
      headers: { 'Content-Type': 'audio/wav' },
      body: encodeWav({ sampleRate: 8_000, channels: 1, samples: toneSamples({ tone: 1_500 }, 2_000) }),
    });
    const caller = await dialIn(world, '1003', '/inside');
    await caller.call.audio.waitForTone(1_500, { withinMs: 10_000, fromAt: 0 });
    const done = await requestOf(world, caller, '/done', 15_000);
    expect(done.params).toMatchObject({ DialCallStatus: 'completed' });
    const inside = world.app.requestsTo('/inside-number').at(-1);
    expect(inside?.params).toMatchObject({ Direction: 'inbound', To: '3000' });
    await hangUp(caller);
  });

  it('a number of the same account that rejects is busy', async () => {
    const caller = await dialIn(world, '1010', '/inside-busy');
    expect((await requestOf(world, caller, '/done')).params['DialCallStatus']).toBe('busy');
    await hangUp(caller);
  });

  it('answerOnBridge: the caller hears ringing and is answered when the callee is', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1004', '/answer-on-bridge');
    const callee = await coming;
    await caller.call.untilRinging({ withinMs: 5_000 });
    expect(caller.call.state).not.toBe('answered');
    await callee.answer({ play: { tone: 900 } });
    await caller.call.untilAnswered({ withinMs: 5_000 });
    await caller.call.audio.waitForTone(900, { withinMs: 5_000, fromAt: 0 });
    await callee.hangup();
    await requestOf(world, caller, '/done');
    await hangUp(caller);
  });

  it('hangupOnStar: the caller presses star and the program goes on', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1005', '/star');
    const callee = await coming;
    await callee.answer({ play: { tone: 900 } });
    await caller.call.audio.waitForTone(900, { withinMs: 5_000, fromAt: 0 });
    await caller.call.sendDigits('*');
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'completed' });
    await callee.untilEnded({ withinMs: 5_000 });
    expect(caller.call.state).toBe('answered');
    await hangUp(caller);
  });

  it('timeLimit: the conversation ends by itself', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1006', '/limit');
    const callee = await coming;
    await callee.answer({ play: { tone: 900 } });
    await callee.untilEnded({ withinMs: 10_000 });
    const done = await requestOf(world, caller, '/done');
    expect(['2', '3']).toContain(done.params['DialCallDuration']);
    await hangUp(caller);
  });

  it('a whisper on the callee\'s leg may refuse the bridge', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1007', '/refused');
    const callee = await coming;
    await callee.answer({ play: { tone: 900 } });
    const screen = await world.app.waitForRequest('/screen', undefined, 10_000);
    expect(screen.params).toMatchObject({ Direction: 'outbound-dial', ParentCallSid: caller.callSid });
    await callee.sendDigits('2');
    await callee.untilEnded({ withinMs: 10_000 });
    expect((await requestOf(world, caller, '/done')).params['DialCallStatus']).toBe('no-answer');
    expect(caller.call.audio.firstTimeOf(900)).toBeUndefined();
    await hangUp(caller);
  });

  it('a caller who hangs up while the other end rings cancels it', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1009', '/ringing');
    const callee = await coming;
    callee.ring();
    await caller.call.untilAnswered({ withinMs: 5_000 });
    await hangUp(caller);
    expect(await callee.untilEnded({ withinMs: 5_000 })).toMatchObject({ by: 'them', status: 487 });
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'canceled', CallStatus: 'completed' });
  });

  it('the leg\'s progress is told in order, with gapless numbers', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1011', '/callbacks');
    const callee = await coming;
    callee.ring();
    await callee.answer({});
    await callee.audio.waitForSilence({ ms: 100, withinMs: 5_000 });
    await callee.hangup();
    await eventually(() => expect(world.app.requestsTo('/leg')).toHaveLength(4), 5_000);
    const told = world.app.requestsTo('/leg').map(({ params }) => [params['CallStatus'], params['SequenceNumber'], params['CallbackSource']]);
    expect(told).toEqual([
      ['initiated', '0', 'call-progress-events'],
      ['ringing', '1', 'call-progress-events'],
      ['in-progress', '2', 'call-progress-events'],
      ['completed', '3', 'call-progress-events'],
    ]);
    expect(world.app.requestsTo('/leg').every(({ signature }) => signature === 'valid')).toBe(true);
    await hangUp(caller);
    await requestOf(world, caller, '/done');
    expect(requestsOf(world, caller, '/done')).toHaveLength(1);
  });
});
