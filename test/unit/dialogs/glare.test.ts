import { glareWaitMs } from '../../../src/dialogs';

describe('two offers that met (491)', () => {
  it('the one who placed the call waits 2.1 to 4 s, the other one 0 to 2 s, in steps of 10 ms', () => {
    expect([glareWaitMs(true, () => 0), glareWaitMs(true, () => 0.999_99)]).toEqual([2_100, 4_000]);
    expect([glareWaitMs(false, () => 0), glareWaitMs(false, () => 0.999_99)]).toEqual([0, 2_000]);
    expect(glareWaitMs(true, () => 0.123) % 10).toBe(0);
  });
});
