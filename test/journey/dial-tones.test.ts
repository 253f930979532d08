import { Phone, toneShare } from '../../src/phone';
import { eventually } from '../support/eventually';
import { dialIn, requestOf } from '../support/queue-story';
import { World } from '../support/world';

describe('what is heard and pressed around a Dial', () => {
  let world: World;
  let outside: Phone;

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      numbers: { '1000': '/at', '1001': '/us', '1002': '/digits', '1003': '/play-digits', '1004': '/reason', '1005': '/ways' },
      outbound: { host: '127.0.0.1', port: outside.port },
    });
    world.app
      .on('/done', '<Response><Pause length="20"/></Response>')
      .on('/status', '')
      .on('/at', '<Response><Dial ringTone="at" action="/done"><Number>+15550001</Number></Dial></Response>')
      .on('/us', '<Response><Dial action="/done"><Number>+15550002</Number></Dial></Response>')
      .on('/digits', '<Response><Dial action="/done"><Number sendDigits="12w3#">+15550003</Number></Dial></Response>')
      .on('/play-digits', '<Response><Play digits="7w8W9"/><Redirect>/after</Redirect></Response>')
      .on('/after', '<Response><Pause length="20"/></Response>')
      .on('/ways', `<Response><Dial action="/done"><Sip>sip:first@127.0.0.1:${outside.port}<Headers><Header name="X-Ticket" value="a b"/></Headers>`
        + `<SipUri>sip:second@127.0.0.1:${outside.port}</SipUri></Sip></Dial></Response>`)
      .on('/reason', '<Response><Dial callReason="Your &quot;parcel&quot; \\ 7" action="/done"><Number>+15550004</Number></Dial></Response>');
  }, 60_000);
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  it.each([
    ['Austria', '1000', '/at', [420]],
    ['North America, which is the default', '1001', '/us', [440, 480]],
  ] as const)('the ring-back tone of %s', async (_where, number, path, tones) => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, number, path);
    const callee = await coming;
    callee.ring();
    const { audio } = caller.call;
    // 400 ms tell tones 2.5 Hz apart; the tone is on for a second or two.
    let heard: Int16Array = new Int16Array(0);
    await eventually(() => {
      heard = audio.samplesBetween((audio.firstTimeOf(tones[0]) ?? Number.POSITIVE_INFINITY) + 100, Number.POSITIVE_INFINITY).subarray(0, 3_200);
      expect(heard).toHaveLength(3_200);
    }, 10_000);
    const shares = tones.map((hz) => toneShare(heard, hz));
    expect(Math.min(...shares)).toBeGreaterThan(0.9 / tones.length - 0.1);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeGreaterThan(0.9);
    await caller.call.hangup();
    await callee.untilEnded({ withinMs: 5_000 });
  });

  it('digits of a Number arrive at the callee before the two hear each other', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1002', '/digits', { tone: 700 });
    const callee = await coming;
    await callee.answer({ play: { tone: 900 } });
    await callee.audio.waitForTone(700, { withinMs: 15_000, fromAt: 0 });
    // All of them were there when the first of the caller was heard.
    expect(callee.audio.digits).toBe('123#');
    const last = callee.audio.receivedDigits.at(-1);
    expect((last?.startedAt ?? 0) + (last?.durationMs ?? 0)).toBeLessThan(callee.audio.firstTimeOf(700) ?? 0);
    await callee.hangup();
    await requestOf(world, caller, '/done');
    await caller.call.hangup();
  });

  it('digits that are played are over before the next verb', async () => {
    const caller = await dialIn(world, '1003', '/play-digits');
    const after = await requestOf(world, caller, '/after', 15_000);
    const { digits, receivedDigits } = caller.call.audio;
    expect(digits).toBe('789');
    expect(Math.max(...receivedDigits.map(({ startedAt, durationMs }) => startedAt + durationMs))).toBeLessThan(after.receivedAt);
    await caller.call.hangup();
  });

  it('the reason of the call reaches the callee', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1004', '/reason');
    const callee = await coming;
    expect(callee.header('Call-Info')).toBe('<data:,>;purpose=jcard;call-reason="Your \\"parcel\\" \\\\ 7"');
    await caller.call.hangup();
    await callee.untilEnded({ withinMs: 5_000 });
  });

  it('a party whose server cannot take the call is called another way, with the same headers', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1005', '/ways', { tone: 700 });
    const first = await coming;
    const next = outside.nextIncoming({ withinMs: 10_000 });
    first.reject(503);
    const second = await next;
    expect([first, second].map((call) => [call.to, call.header('X-Ticket')])).toEqual([['first', 'a b'], ['second', 'a b']]);
    await second.answer({ play: { tone: 900 } });
    await caller.call.audio.waitForTone(900, { withinMs: 10_000, fromAt: 0 });
    await second.hangup();
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'completed', DialSipResponseCode: '200' });
    await caller.call.hangup();
  });
});
