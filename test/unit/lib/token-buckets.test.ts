import { sourceKey, TokenBuckets } from '../../../src/lib';
import { ManualClock } from '../../support/manual-clock';

const times = (buckets: TokenBuckets, key: string, count: number): number =>
  Array.from({ length: count }, () => buckets.admits(key)).filter((admitted) => admitted).length;

describe('token buckets', () => {
  it('give each key its burst, then its rate, and no more after a long pause', () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(clock, { perSecond: 10, burst: 20 });
    expect([times(buckets, 'a', 30), times(buckets, 'b', 5)]).toEqual([20, 5]);
    clock.advance(1_000);
    expect([times(buckets, 'a', 30), times(buckets, 'b', 30)]).toEqual([10, 20]);
    clock.advance(3_600_000);
    expect(times(buckets, 'a', 30)).toBe(20);
  });

  it('forget the key longest unused when too many are remembered', () => {
    const buckets = new TokenBuckets(new ManualClock(), { perSecond: 1, burst: 1 });
    expect([buckets.admits('first'), buckets.admits('first')]).toEqual([true, false]);
    for (let i = 0; i < 9_999; i += 1) buckets.admits(`other-${i}`);
    expect(buckets.admits('first')).toBe(false);
    for (let i = 0; i < 10_000; i += 1) buckets.admits(`more-${i}`);
    expect(buckets.admits('first')).toBe(true);
  });
});

describe('the key of a source', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'], ['::ffff:192.0.2.7', '192.0.2.7'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:0002::', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'], ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
    ['host.example', 'host.example'],
  ])('of %s is %s', (address, key) => {
    expect(sourceKey(address)).toBe(key);
  });
});
