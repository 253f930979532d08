import { PacingWheel, Phone } from '../../../src/phone';
import { eventually } from '../../support/eventually';

describe('a phone as load generator', () => {
  it('carries many calls at once on one wheel, each an unbroken stream, without keeping their sound', async () => {
    const wheel = new PacingWheel();
    const caller = await Phone.start({ wheel, keepSound: false });
    const callee = await Phone.start({ wheel, keepSound: false });
    callee.onIncoming((call) => void call.answer({ play: { tone: 600 } }));
    const calls = await Promise.all(Array.from({ length: 30 }, () => caller.call(callee.uri)));
    await Promise.all(calls.map((call) => call.untilAnswered({ withinMs: 5_000 })));
    await eventually(() => expect(Math.min(...calls.map((call) => call.audio.packets.length))).toBeGreaterThan(25));
    for (const call of calls) {
      expect(call.audio.packets[0]?.samples).toBeUndefined();
      expect(call.audio.sequenceBreaks()).toEqual([]);
      expect(call.audio.ssrcs()).toHaveLength(1);
    }
    await caller.stop();
    expect(callee.calls).toEqual([]);
    await callee.stop();
  });
});
