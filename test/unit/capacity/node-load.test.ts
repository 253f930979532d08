import { CallPace } from '../../../src/capacity/call-pace';
import { LoopLateness } from '../../../src/capacity/loop-lateness';
import { ManualClock } from '../../support/manual-clock';

describe('the calls of a second', () => {
  it('are as many as may be, in any second that one looks at', () => {
    const clock = new ManualClock();
    const pace = new CallPace(clock, 2);
    pace.count();
    clock.advance(600);
    expect(pace.isSpent).toBe(false);
    pace.count();
    expect(pace.isSpent).toBe(true);
    clock.advance(399);
    expect(pace.isSpent).toBe(true);
    clock.advance(1);
    expect(pace.isSpent).toBe(false);
    pace.count();
    expect(pace.isSpent).toBe(true);
  });
});

describe('how late a gateway does everything', () => {
  /** The system's timers, each of them late by what the test says. */
  class LateClock extends ManualClock {
    late = 0;

    override after(ms: number, fn: () => void): ReturnType<ManualClock['after']> {
      return super.after(ms + this.late, fn);
    }
  }

  it('is nothing to speak of after one long pause', () => {
    const clock = new LateClock();
    const lateness = new LoopLateness(clock);
    clock.late = 5_000;
    lateness.start();
    clock.late = 0;
    clock.advance(5_100);
    clock.advance(600);
    expect(lateness.lateMs).toBe(0);
    lateness.stop();
    expect(clock.pending).toBe(0);
  });

  it('is the least that all of the last timers were late, until it has caught up', () => {
    const clock = new LateClock();
    const lateness = new LoopLateness(clock);
    clock.late = 300;
    lateness.start();
    for (let turn = 0; turn < 5; turn += 1) {
      clock.late = turn === 3 ? 250 : 300;
      expect(lateness.lateMs).toBe(0);
      clock.advance(400);
    }
    expect(lateness.lateMs).toBeGreaterThanOrEqual(250);
    clock.late = 0;
    clock.advance(1_000);
    expect(lateness.lateMs).toBe(0);
    lateness.stop();
  });
});
