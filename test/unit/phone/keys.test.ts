import { encodeTelephoneEvent, eventOfDigit } from '../../../src/protocol/dtmf';
import { KeyListener, KeyQueue } from '../../../src/phone';

describe('keys to send', () => {
  function slotsOf(digits: string): string[] {
    const queue = new KeyQueue();
    queue.press(digits);
    const slots: string[] = [];
    for (let slot = queue.next(); slot !== 'empty'; slot = queue.next()) {
      if (slot === 'sound') slots.push('.');
      else slots.push(`${slot.startsPress ? 'S' : 's'}${slot.marker ? 'M' : ''}${slot.payloads.length}`);
    }
    return slots;
  }

  it('are one packet a slot, marked at the start, the end three times, with sound between two keys', () => {
    expect(slotsOf('1')).toEqual(['SM1', 's1', 's1', 's1', 's3', '.', '.', '.']);
    expect(slotsOf('11')).toHaveLength(16);
  });

  it('wait half a second at w', () => {
    expect(slotsOf('w')).toEqual(Array(25).fill('.'));
  });

  it('queue nothing at all when one of them is no key', () => {
    const queue = new KeyQueue();
    expect(() => queue.press('12x')).toThrow("'x' is not a key");
    expect(queue.next()).toBe('empty');
  });
});

describe('keys received', () => {
  const packet = (digit: string, duration: number, end = false): Buffer =>
    encodeTelephoneEvent({ event: eventOfDigit(digit) ?? 0, end, volume: 10, duration });

  it('are reported once, at their first end packet, with their length', () => {
    const listener = new KeyListener();
    expect(listener.take(packet('5', 160), 1000, 10)).toEqual([]);
    expect(listener.take(packet('5', 800, true), 1000, 90)).toEqual([{ digit: '5', startedAt: 10, durationMs: 100 }]);
    expect(listener.take(packet('5', 800, true), 1000, 91)).toEqual([]);
  });

  it('are reported when the next begins though all their ends were lost', () => {
    const listener = new KeyListener();
    listener.take(packet('1', 320), 1000, 10);
    expect(listener.take(packet('1', 160), 3000, 200)).toEqual([{ digit: '1', startedAt: 10, durationMs: 40 }]);
    expect(listener.take(packet('1', 320, true), 3000, 220)).toHaveLength(1);
  });

  it('are told apart when the same key is pressed twice', () => {
    const listener = new KeyListener();
    expect(listener.take(packet('7', 160, true), 1000, 10)).toHaveLength(1);
    expect(listener.take(packet('7', 160, true), 2000, 200)).toHaveLength(1);
  });

  it('ignore events that are no keys and payloads that are cut off', () => {
    const listener = new KeyListener();
    expect(listener.take(encodeTelephoneEvent({ event: 32, end: true, volume: 0, duration: 160 }), 1, 1)).toEqual([]);
    expect(listener.take(Buffer.from([1, 2]), 2, 2)).toEqual([]);
  });
});
