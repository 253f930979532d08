import { Phone, type IncomingPhoneCall } from '../../../src/phone';
import { eventually } from '../../support/eventually';

describe('two phones over loopback', () => {
  let caller: Phone;
  let callee: Phone;

  beforeEach(async () => {
    caller = await Phone.start({ user: 'ann', displayName: 'Ann' });
    callee = await Phone.start({ user: 'bob', codec: ['PCMU', 'PCMA'] });
  });
  afterEach(async () => {
    await caller.stop();
    await callee.stop();
  });

  async function connect(play = { caller: 440, callee: 1000 }) {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const call = await caller.call(callee.uri, { play: { tone: play.caller }, answerTimeoutMs: 5_000 });
    const received: IncomingPhoneCall = await incoming;
    received.ring();
    await call.untilRinging({ withinMs: 2_000 });
    expect(await received.answer({ play: { tone: play.callee } })).toEqual({ outcome: 'answered' });
    await call.untilAnswered({ withinMs: 2_000 });
    return { call, received };
  }

  it('hear each other, each as one unbroken stream', async () => {
    const { call, received } = await connect();
    await Promise.all([
      call.audio.waitForTone(1000, { withinMs: 2_000 }),
      received.audio.waitForTone(440, { withinMs: 2_000 }),
    ]);
    expect(received.from).toBe('ann');
    expect(received.invite.headers.get('From')).toContain('"Ann"');
    await eventually(() => expect(call.audio.hears(1000)).toBe(true));
    expect(call.audio.hears(440)).toBe(false);
    for (const end of [call, received]) {
      await eventually(() => expect(end.audio.packets.length).toBeGreaterThan(20));
      expect(end.audio.ssrcs()).toHaveLength(1);
      expect(end.audio.timestampBreaks()).toEqual([]);
      expect(end.audio.sequenceBreaks()).toEqual([]);
    }
    expect(received.audio.ssrcs()).toEqual([call.ssrc]);
  });

  it('press keys to each other in the same stream as the sound', async () => {
    const { call, received } = await connect();
    await Promise.all([call.sendDigits('12#'), received.sendDigits('*0')]);
    await received.audio.waitForDigits('12#', { withinMs: 2_000 });
    await call.audio.waitForDigits('*0', { withinMs: 2_000 });
    await received.audio.waitForTone(440, { withinMs: 2_000 });
    for (const end of [call, received]) {
      expect(end.audio.ssrcs()).toHaveLength(1);
      expect(end.audio.timestampBreaks()).toEqual([]);
      expect(end.audio.sequenceBreaks()).toEqual([]);
    }
    expect(received.audio.receivedDigits.map(({ durationMs }) => durationMs)).toEqual([100, 100, 100]);
  });

  it('refuse what is not a key before anything is sent', async () => {
    const { call } = await connect();
    await expect(call.sendDigits('1x')).rejects.toMatchObject({ code: 'phone-not-a-key' });
  });

  it('change what they say without a new stream', async () => {
    const { call, received } = await connect();
    await received.audio.waitForTone(440, { withinMs: 2_000 });
    await call.setPlay({ tone: 700 });
    const changedAt = await received.audio.waitForTone(700, { withinMs: 2_000 });
    expect(received.audio.lastTimeOf(440)).toBeLessThan(changedAt);
    await call.setPlay('silence');
    await received.audio.waitForSilence({ withinMs: 2_000 });
    expect(received.audio.ssrcs()).toEqual([call.ssrc]);
  });

  it.each(['caller', 'callee'] as const)('end when the %s hangs up, on both sides', async (who) => {
    const { call, received } = await connect();
    const [leaving, staying] = who === 'caller' ? [call, received] : [received, call];
    await leaving.hangup({ Reason: 'Q.850;cause=16' });
    expect(leaving.ending).toMatchObject({ by: 'us', status: 200 });
    expect(await staying.untilEnded({ withinMs: 2_000 }))
      .toMatchObject({ by: 'them', status: 200, reason: 'Q.850;cause=16' });
    expect([...caller.calls, ...callee.calls]).toEqual([]);
  });

  it('tell the caller the status and phrase of a refusal', async () => {
    callee.onIncoming((received) => received.reject(486));
    const call = await caller.call(callee.uri);
    await expect(call.untilAnswered({ withinMs: 2_000 })).rejects.toMatchObject({ sipStatus: 486 });
    expect(call.ending).toMatchObject({ by: 'them', status: 486, reason: 'Busy Here' });
  });

  it('end with 487 on both sides when the caller gives up while it rings', async () => {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const call = await caller.call(callee.uri);
    const received = await incoming;
    received.ring();
    await call.untilRinging({ withinMs: 2_000 });
    expect(call.cancel()).toEqual({ outcome: 'cancelling' });
    expect(await call.untilEnded({ withinMs: 2_000 })).toMatchObject({ by: 'us', status: 487, reason: 'cancelled' });
    expect(await received.untilEnded({ withinMs: 2_000 })).toMatchObject({ by: 'them', status: 487 });
    expect(await received.answer()).toEqual({ outcome: 'too-late' });
    expect(call.cancel()).toEqual({ outcome: 'too-late' });
  });

  it('give up by themselves when nobody answers in time', async () => {
    callee.onIncoming((received) => received.ring());
    const call = await caller.call(callee.uri, { answerTimeoutMs: 100 });
    expect(await call.untilEnded({ withinMs: 2_000 }))
      .toMatchObject({ by: 'us', status: 487, reason: 'no answer within 100 ms' });
  });

  it('hold and resume by re-INVITE, and the held side falls silent', async () => {
    const { call, received } = await connect();
    const directions: string[] = [];
    received.on('reinvited', (direction) => directions.push(direction));
    await call.audio.waitForTone(1000, { withinMs: 2_000 });
    expect(await call.hold('inactive')).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    const heldAt = call.audio.packets.at(-1)?.at ?? 0;
    expect(await call.resume()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    await call.audio.waitForTone(1000, { withinMs: 2_000, fromAt: heldAt + 1 });
    expect(directions).toEqual(['inactive', 'sendrecv']);
    expect(call.audio.timestampBreaks()).toEqual([]);
    expect(await received.hold()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    await call.audio.waitForTone(1000, { withinMs: 2_000 });
  });

  it('talk when the INVITE comes without an offer', async () => {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const call = await caller.call(callee.uri, { play: { tone: 440 }, lateOffer: true });
    await (await incoming).answer({ play: { tone: 1000 } });
    await call.untilAnswered({ withinMs: 2_000 });
    await call.audio.waitForTone(1000, { withinMs: 2_000 });
    await (await incoming).audio.waitForTone(440, { withinMs: 2_000 });
  });

  it('refuse a call whose only codec they do not have with 488', async () => {
    const alaw = await Phone.start({ codec: 'PCMA' });
    const incoming = alaw.nextIncoming({ withinMs: 2_000 });
    const call = await caller.call(alaw.uri);
    expect(await (await incoming).answer()).toEqual({ outcome: 'refused', reason: 'no-common-codec' });
    expect(await call.untilEnded({ withinMs: 2_000 })).toMatchObject({ by: 'them', status: 488 });
    await alaw.stop();
  });

  it('talk A-law when that is all the caller offers', async () => {
    const alaw = await Phone.start({ codec: 'PCMA' });
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const call = await alaw.call(callee.uri, { play: { tone: 440 } });
    await (await incoming).answer({ play: { tone: 1000 } });
    await call.audio.waitForTone(1000, { withinMs: 2_000 });
    await (await incoming).audio.waitForTone(440, { withinMs: 2_000 });
    expect(call.audio.packets[0]?.payloadType).toBe(8);
    await alaw.stop();
  });
});
