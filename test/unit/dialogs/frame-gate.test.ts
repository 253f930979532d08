import { FrameGate } from '../../../src/dialogs/frame-gate';
import { ManualClock } from '../../support/manual-clock';

function setUp(): { gate: FrameGate; written: string[]; clock: ManualClock } {
  const written: string[] = [];
  const clock = new ManualClock();
  return { gate: new FrameGate((frame) => written.push(frame), clock), written, clock };
}

const small = 'x'.repeat(4_000);
const large = 'y'.repeat(4_001);
const sizes = (written: readonly string[]): number[] => written.map((frame) => Number(frame.split('#')[0]));

describe('frames to drachtio', () => {
  it('are pipelined up to 4,000 bytes', () => {
    const { gate, written } = setUp();
    for (const id of ['a', 'b', 'c']) gate.send(id, small);
    expect(sizes(written)).toEqual([4_000, 4_000, 4_000]);
  });

  it('go alone above: after the acknowledgements of all earlier ones, before anything later', () => {
    const { gate, written } = setUp();
    gate.send('a', 'first');
    gate.send('b', 'second');
    gate.send('c', large);
    gate.send('d', 'last');
    expect(written).toEqual(['5#first', '6#second']);
    gate.acknowledged('a');
    expect(written).toHaveLength(2);
    gate.acknowledged('b');
    expect(sizes(written)).toEqual([5, 6, 4_001]);
    gate.acknowledged('c');
    expect(written.at(-1)).toBe('4#last');
  });

  it('are counted in bytes, not characters', () => {
    const { gate, written } = setUp();
    gate.send('a', 'ü'.repeat(2_001));
    gate.send('b', 'next');
    expect(sizes(written)).toEqual([4_002]);
  });

  it('are refused above 12,000 bytes, and the others go on', () => {
    const { gate, written } = setUp();
    expect(() => gate.send('a', 'z'.repeat(12_001))).toThrow(/at most 12000 fit/);
    gate.send('b', 'next');
    expect(written).toEqual(['4#next']);
  });

  it('are not held up for ever by one that is never acknowledged', () => {
    const { gate, written, clock } = setUp();
    gate.send('a', 'lost');
    gate.send('b', large);
    clock.advance(1_999);
    expect(written).toHaveLength(1);
    clock.advance(1);
    expect(written).toHaveLength(2);
    gate.close();
    expect(clock.pending).toBe(0);
  });
});
