import { Phone } from '../../src/phone';
import { eventually } from '../support/eventually';
import { dialIn, requestOf, requestsOf } from '../support/queue-story';
import { World } from '../support/world';

describe('a callee who sends the caller elsewhere', () => {
  let world: World;
  let outside: Phone;

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      numbers: { '1000': '/transfer', '1001': '/plain' },
      outbound: { host: '127.0.0.1', port: outside.port },
    });
    world.app
      .on('/done', '<Response><Pause length="20"/></Response>')
      .on('/status', '')
      .on('/transfer', '<Response><Dial referUrl="/refer" action="/done"><Number>+15550001</Number></Dial></Response>')
      .on('/refer', '<Response><Dial action="/done"><Number>+15550002</Number></Dial></Response>')
      .on('/plain', '<Response><Dial action="/done"><Number>+15550003</Number></Dial></Response>');
  }, 60_000);
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  it('the referUrl decides what happens to the caller; the callee is told and goes', async () => {
    const first = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1000', '/transfer', { tone: 400 });
    const callee = await first;
    const news: string[] = [];
    callee.on('request', (request) => void news.push(`${request.method} ${request.headers.get('Subscription-State')} ${request.body.toString().trim()}`));
    await callee.answer({ play: { tone: 900 } });
    await callee.audio.waitForTone(400, { withinMs: 10_000, fromAt: 0 });
    const second = outside.nextIncoming({ withinMs: 10_000 });
    expect(await callee.refer('sip:sales@b.example')).toMatchObject({ response: { status: 202 } });
    const asked = await requestOf(world, caller, '/refer');
    expect(asked.params).toMatchObject({ ReferTransferTarget: 'sip:sales@b.example', CallStatus: 'in-progress', Direction: 'inbound' });
    expect(asked.signature).toBe('valid');
    const sales = await second;
    await sales.answer({ play: { tone: 1_300 } });
    await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
    await callee.untilEnded({ withinMs: 5_000 });
    await eventually(() => expect(news).toEqual([
      'NOTIFY active;expires=60 SIP/2.0 100 Trying', 'NOTIFY terminated;reason=noresource SIP/2.0 200 OK',
    ]));
    // The action of the Dial that was left is not asked: its program went on elsewhere.
    expect(requestsOf(world, caller, '/done')).toHaveLength(0);
    await sales.hangup();
    await requestOf(world, caller, '/done');
    await caller.call.hangup();
  });

  it('without a referUrl it is declined and the two talk on', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1001', '/plain', { tone: 400 });
    const callee = await coming;
    await callee.answer({ play: { tone: 900 } });
    await callee.audio.waitForTone(400, { withinMs: 10_000, fromAt: 0 });
    expect(await callee.refer('sip:sales@b.example')).toMatchObject({ response: { status: 603 } });
    await callee.audio.waitForTone(400, { withinMs: 5_000 });
    await callee.hangup();
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'completed' });
    await caller.call.hangup();
  });
});
