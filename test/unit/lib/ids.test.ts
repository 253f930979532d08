import { isSid, newSid, newToken } from '../../../src/lib';

describe('random names', () => {
  it('are as long as asked, in hexadecimal, and never the same twice', () => {
    const seen = new Set<string>();
    for (let number = 0; number < 20_000; number += 1) {
      const token = newToken(8);
      expect(token).toMatch(/^[0-9a-f]{16}$/);
      seen.add(token);
      seen.add(newToken());
    }
    expect(seen.size).toBe(40_000);
    expect(newToken(4_096)).toHaveLength(8_192);
  });

  it('share no bytes with the one before or after, whatever lengths are asked in turns', () => {
    const stretches = new Set<string>();
    let repeated = 0;
    for (let number = 0; number < 5_000; number += 1) {
      for (const length of [8, 16, 5]) {
        const start = newToken(length).slice(0, 10);
        if (stretches.has(start)) repeated += 1;
        stretches.add(start);
      }
    }
    expect(repeated).toBe(0);
  });

  it('have all bits: zeros and ones are as frequent as chance has it', () => {
    const bits = Array.from({ length: 2_000 }, () => newToken(16)).join('');
    let ones = 0;
    for (const digit of bits) ones += [...Number.parseInt(digit, 16).toString(2)].filter((bit) => bit === '1').length;
    // 256,000 bits: ten standard deviations are 2,530.
    expect(Math.abs(ones - 128_000)).toBeLessThan(2_530);
  });

  it('make resource identifiers', () => {
    expect(isSid('CA', newSid('CA'))).toBe(true);
  });
});
