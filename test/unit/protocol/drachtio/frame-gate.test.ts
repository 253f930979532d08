import { FrameGate } from '../../../../src/protocol/drachtio';
import { ManualClock } from '../../../support/manual-clock';

function setUp() {
  const written: string[] = [];
  const clock = new ManualClock();
  const gate = new FrameGate((frame) => written.push(frame.toString()), clock);
  return { send: (id: string, text: string) => gate.send(id, Buffer.from(text)), gate, written, clock };
}

const small = 'x'.repeat(4_000);
const large = 'y'.repeat(4_001);
const sizes = (written: readonly string[]): number[] => written.map((frame) => Number(frame.split('#')[0]));

describe('frames to drachtio', () => {
  it('are pipelined up to 4,000 bytes', () => {
    const { send, written } = setUp();
    for (const id of ['a', 'b', 'c']) send(id, small);
    expect(sizes(written)).toEqual([4_000, 4_000, 4_000]);
  });

  it('go alone above: after the acknowledgements of all earlier ones, before anything later', () => {
    const { send, gate, written } = setUp();
    send('a', 'first');
    send('b', 'second');
    send('c', large);
    send('d', 'last');
    expect(written).toEqual(['5#first', '6#second']);
    gate.acknowledged('a');
    expect(written).toHaveLength(2);
    gate.acknowledged('b');
    expect(sizes(written)).toEqual([5, 6, 4_001]);
    gate.acknowledged('c');
    expect(written.at(-1)).toBe('4#last');
  });

  it('are counted in bytes, not characters', () => {
    const { send, written } = setUp();
    send('a', 'ü'.repeat(2_001));
    send('b', 'next');
    expect(sizes(written)).toEqual([4_002]);
  });

  it('are refused above 12,000 bytes, and the others go on', () => {
    const { send, gate, written } = setUp();
    expect(send('a', 'z'.repeat(12_001))).toBe(false);
    expect(send('c', 'z'.repeat(12_000))).toBe(true);
    gate.acknowledged('c');
    written.length = 0;
    send('b', 'next');
    expect(written).toEqual(['4#next']);
  });

  it('are not held up for ever by one that is never acknowledged', () => {
    const { send, gate, written, clock } = setUp();
    send('a', 'lost');
    send('b', large);
    clock.advance(1_999);
    expect(written).toHaveLength(1);
    clock.advance(1);
    expect(written).toHaveLength(2);
    gate.close();
    expect(clock.pending).toBe(0);
  });
});
