import { encodeTelephoneEvent } from '../../../../src/protocol/dtmf';
import { AdmissionLimits } from '../../../../src/embedded/media-server/limits';
import { DigitReceiver } from '../../../../src/embedded/media-server/rtp/digit-receiver';
import { KeyPresser } from '../../../../src/embedded/media-server/rtp/key-presser';
import { PacingWheel } from '../../../../src/embedded/media-server/rtp/pacing-wheel';
import { PortPool } from '../../../../src/embedded/media-server/rtp/port-pool';
import { ManualClock } from '../../../support/manual-clock';

describe('received keys', () => {
  it('are one digit each however often their packets are repeated, also when the end is lost', () => {
    const digits: [string, number][] = [];
    const receiver = new DigitReceiver((digit, duration) => digits.push([digit, duration]));
    const event = (code: number, duration: number, end: boolean): Buffer => encodeTelephoneEvent({ event: code, end, volume: 10, duration });
    receiver.receive(1000, event(5, 160, false), 0);
    for (let i = 0; i < 3; i += 1) receiver.receive(1000, event(5, 800, true), 20);
    receiver.receive(3000, event(5, 160, false), 100);
    receiver.check(200);
    expect(digits).toEqual([['5', 800]]);
    receiver.check(301);
    receiver.receive(3000, event(5, 320, true), 320);
    receiver.receive(6000, event(11, 160, false), 400);
    receiver.receive(9000, event(10, 400, true), 500);
    receiver.receive(20_000, event(16, 400, true), 600);
    expect(digits).toEqual([['5', 800], ['5', 160], ['#', 160], ['*', 400]]);
  });
});

describe('keys to send', () => {
  it('come one after the other with a pause between, and waits take their time', () => {
    const keys = new KeyPresser();
    expect(keys.add('?', 100)).toBe(false);
    keys.add('1', 40);
    keys.add('w', 60);
    keys.add('2', 40);
    const frames = Array.from({ length: 14 }, () => keys.next()?.packets.length ?? 0);
    expect(frames).toEqual([1, 3, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0]);
  });
});

describe('ports', () => {
  it('are even, inside the range, and used again last', () => {
    const pool = new PortPool(20_001, 20_006);
    expect([pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([20_002, 20_004, 20_006, undefined]);
    pool.giveBack(20_004);
    pool.giveBack(20_002);
    expect(pool.take()).toBe(20_004);
  });
});

describe('the pacing wheel', () => {
  it('turns every 20 ms for each phase without drift, and makes up for what it missed', () => {
    const clock = new ManualClock();
    const turns: [number, number][] = [];
    const wheel = new PacingWheel(clock, (phase, frame) => turns.push([phase, frame]));
    wheel.start();
    clock.advance(200);
    const ofPhase0 = turns.filter(([phase]) => phase === 0).map(([, frame]) => frame);
    expect(ofPhase0.length).toBeGreaterThanOrEqual(10);
    expect(ofPhase0).toEqual(ofPhase0.map((_, i) => (ofPhase0[0] ?? 0) + i));
    const counts = [0, 1, 2, 3].map((phase) => turns.filter((turn) => turn[0] === phase).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    wheel.stop();
    clock.advance(100);
    expect(turns.length).toBeLessThanOrEqual(41);
  });
});

describe('admission', () => {
  it('counts channels, and refills its bucket every second', () => {
    const clock = new ManualClock();
    const limits = new AdmissionLimits({ maxSessions: 3, sessionsPerSecond: 2 }, clock);
    expect([limits.admit(), limits.admit(), limits.admit()]).toEqual(['admitted', 'admitted', 'refused']);
    clock.advance(1_000);
    expect(limits.startedLastSecond).toBe(2);
    expect([limits.admit(), limits.admit()]).toEqual(['admitted', 'refused']);
    limits.release();
    expect(limits.admit()).toBe('admitted');
    limits.paused = true;
    limits.release();
    clock.advance(1_000);
    expect(limits.admit()).toBe('refused');
  });
});
