import { clampQueueSize, queueNameFault } from '../../../src/queueing/queue-name-rules';
import { clampPriority, entryScore, SEQUENCE_SPAN } from '../../../src/queueing/queue-order-rules';
import { QueueKeySpace } from '../../../src/queueing/queue-keys';

describe('the order of a queue', () => {
  it('is by priority, then by arrival', () => {
    const scores = [entryScore(999, 9), entryScore(1, 1), entryScore(1, 2), entryScore(0, 1), entryScore(0, SEQUENCE_SPAN - 1)];
    expect([...scores].sort((a, b) => a - b)).toEqual(scores);
  });

  it('is exact in a double for every priority and the last sequence', () => {
    for (const priority of [0, 1, 500, 998, 999]) {
      const [last, before] = [entryScore(priority, SEQUENCE_SPAN - 1), entryScore(priority, SEQUENCE_SPAN - 2)];
      expect(Number.isSafeInteger(last)).toBe(true);
      expect(last - before).toBe(1);
    }
    expect(entryScore(5, SEQUENCE_SPAN - 1)).toBeLessThan(entryScore(4, 0));
  });

  it('takes priorities from 0 to 999', () => {
    expect([undefined, NaN, -1, 0.9, 12, 1_000].map(clampPriority)).toEqual([0, 0, 0, 0, 12, 999]);
  });
});

describe('queue names and sizes', () => {
  it('are 1 to 64 characters, whatever their encoding', () => {
    expect(queueNameFault('')).toBe(14204);
    expect(queueNameFault('  ')).toBe(14204);
    expect(queueNameFault('a')).toBeUndefined();
    expect(queueNameFault('😀'.repeat(64))).toBeUndefined();
    expect(queueNameFault('😀'.repeat(65))).toBe(14205);
  });

  it('are 1 to 5000 members', () => {
    expect([0, -3, NaN, 1, 10.7, 5_001].map(clampQueueSize)).toEqual([1, 1, 1, 1, 10, 5_000]);
  });
});

describe('the keys of a queue', () => {
  it('all carry the account as hash tag, so that one script may touch them in a cluster', () => {
    const keys = Object.values(new QueueKeySpace('x:').of('AC1', 'QU1'));
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^x:\{AC1\}:/);
  });
});
