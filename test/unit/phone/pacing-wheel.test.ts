import { PacingWheel } from '../../../src/phone';
import type { Clock } from '../../../src/lib';
import { ManualClock } from '../../support/manual-clock';

/** A clock whose process can be stopped: time goes by, timers come late by that much. */
class StoppableClock implements Clock {
  readonly #manual = new ManualClock();
  #sleptMs = 0;
  readonly now = () => this.#manual.now() + this.#sleptMs;
  readonly monotonic = () => this.#manual.monotonic() + this.#sleptMs;
  readonly after = (ms: number, fn: () => void) => this.#manual.after(ms, fn);
  readonly every = (ms: number, fn: () => void) => this.#manual.every(ms, fn);

  advance(ms: number): void {
    this.#manual.advance(ms);
  }

  sleep(ms: number): void {
    this.#sleptMs += ms;
  }
}

describe('the pacing wheel', () => {
  function setUp() {
    const clock = new StoppableClock();
    const beats: number[] = [];
    const wheel = new PacingWheel(clock);
    const leave = wheel.join(() => beats.push(clock.monotonic()));
    return { clock, beats, wheel, leave };
  }

  it('beats every 20 ms for everybody who joined, until they leave', () => {
    const { clock, beats, wheel, leave } = setUp();
    let other = 0;
    const leaveToo = wheel.join(() => (other += 1));
    clock.advance(100);
    expect(beats).toEqual([20, 40, 60, 80, 100]);
    leave();
    clock.advance(100);
    leaveToo();
    clock.advance(100);
    expect([beats.length, other]).toEqual([5, 10]);
  });

  it('does not drift: late beats are made up for and the rest stay where they belong', () => {
    const { clock, beats } = setUp();
    clock.sleep(70);
    clock.advance(50);
    expect(beats).toEqual([90, 90, 90, 90, 100, 120]);
  });

  it('drops what was missed when the machine was asleep', () => {
    const { clock, beats } = setUp();
    clock.sleep(60_000);
    clock.advance(40);
    expect(beats.length).toBeLessThan(6);
    expect(beats.at(-1)).toBe(60_040);
  });

  it('begins again for somebody who joins later', () => {
    const { clock, beats, wheel, leave } = setUp();
    leave();
    clock.advance(1_000);
    wheel.join(() => beats.push(clock.monotonic()));
    clock.advance(40);
    expect(beats).toEqual([1_020, 1_040]);
  });
});
