import { dominantTone, Phone } from '../../../src/phone';
import { Baresip, hasBaresip } from '../../support/baresip';
import { gapReport } from '../../support/gap-report';

/** The middle of a recording: its ends hold the time before the answer and after the end. */
const middle = (samples: Int16Array): Int16Array =>
  samples.subarray(Math.floor(samples.length / 2) - 800, Math.floor(samples.length / 2) + 800);

(hasBaresip() ? describe : describe.skip)('our phone and baresip', () => {
  let phone: Phone;
  let baresip: Baresip;

  beforeEach(async () => {
    phone = await Phone.start({ user: 'ann', codec: ['PCMU', 'PCMA'] });
    baresip = await Baresip.start({ tone: 600 });
  });
  afterEach(async () => {
    await phone.stop();
    await baresip.stop();
  });

  it('talk when we call, and baresip hears that we hang up', async () => {
    const call = await phone.call(baresip.uri, { play: { tone: 440 } });
    await call.untilAnswered({ withinMs: 5_000 });
    await call.audio.waitForTone(600, { withinMs: 3_000 });
    await call.sendDigits('42#');
    await call.audio.waitForTone(600, { withinMs: 3_000 });
    expect(gapReport(call.audio)).toEqual([]);
    await call.hangup();
    await baresip.waitForEvent('CALL_CLOSED');
    const [heard] = await baresip.heard();
    expect(dominantTone(middle(heard ?? new Int16Array())).frequency).toBeCloseTo(440, -1);
    const pressed = baresip.events.filter(({ type }) => type === 'CALL_DTMF_START').map(({ param }) => param);
    expect(pressed).toEqual(['4', '2', '#']);
  });

  it('talk when baresip calls, hear its keys, and hear it hang up', async () => {
    const incoming = phone.nextIncoming({ withinMs: 3_000 });
    await baresip.dial(phone.uri);
    const call = await incoming;
    call.ring();
    await call.answer({ play: { tone: 1000 } });
    await call.audio.waitForTone(600, { withinMs: 3_000 });
    await baresip.pressKeys('12#');
    await call.audio.waitForDigits('12#', { withinMs: 3_000 });
    await call.audio.waitForTone(600, { withinMs: 3_000 });
    expect(call.audio.ssrcs()).toHaveLength(1);
    await baresip.hangup();
    expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'them', status: 200 });
    const [heard] = await baresip.heard();
    expect(dominantTone(middle(heard ?? new Int16Array())).frequency).toBeCloseTo(1000, -1);
  });

  it('stop ringing when the caller gives up, whichever it is', async () => {
    const ringing = await Baresip.start({ answers: false });
    try {
      const call = await phone.call(ringing.uri);
      await call.untilRinging({ withinMs: 3_000 });
      call.cancel();
      expect(await call.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'us', status: 487 });
      await ringing.waitForEvent('CALL_CLOSED');

      const incoming = phone.nextIncoming({ withinMs: 3_000 });
      await ringing.dial(phone.uri);
      const received = await incoming;
      received.ring();
      await ringing.waitForEvent('CALL_RINGING');
      await ringing.hangup();
      expect(await received.untilEnded({ withinMs: 3_000 })).toMatchObject({ by: 'them', status: 487 });
    } finally {
      await ringing.stop();
    }
  });

  it('tell baresip that we are busy', async () => {
    phone.onIncoming((call) => call.reject(486));
    await baresip.dial(phone.uri);
    expect((await baresip.waitForEvent('CALL_CLOSED')).param).toContain('486');
  });

  it('take our hold and go on after it', async () => {
    const call = await phone.call(baresip.uri, { play: { tone: 440 } });
    await call.untilAnswered({ withinMs: 5_000 });
    await call.audio.waitForTone(600, { withinMs: 3_000 });
    expect(await call.hold()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    const heldAt = call.audio.packets.at(-1)?.at ?? 0;
    expect(await call.resume()).toMatchObject({ outcome: 'answered', response: { status: 200 } });
    await call.audio.waitForTone(600, { withinMs: 3_000, fromAt: heldAt + 1 });
  });
});
