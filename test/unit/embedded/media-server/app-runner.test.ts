import { deferred, type Deferred } from '../../../../src/lib';
import { type AppRun, AppRunner, type Application } from '../../../../src/embedded/media-server/channel/app-runner';
import { ManualClock } from '../../../support/manual-clock';
import { eventually } from '../../../support/eventually';

describe('applications on a channel', () => {
  let log: string[];
  let runner: AppRunner;
  let clock: ManualClock;
  const ends = new Map<string, Deferred<string>>();

  /** Runs until the test ends it or it is interrupted. */
  const application: Application = (run: AppRun) => {
    const end = deferred<string>();
    ends.set(run.argument, end);
    run.onInterrupt((why) => end.resolve(why));
    run.onDigit((digit) => log.push(`${run.argument} digit ${digit}`));
    return end.promise;
  };

  beforeEach(() => {
    log = [];
    clock = new ManualClock();
    runner = new AppRunner((name) => {
      if (name === 'play') return application;
      return name === 'broken' ? async () => Promise.reject(new Error('oh')) : undefined;
    }, {
      executing: (request) => log.push(`+${request.argument}`),
      completed: (request, _uuid, response) => log.push(`-${request.argument} ${response}`),
      unknown: (request) => log.push(`unknown ${request.name}`),
      failed: (request, error) => log.push(`failed ${request.name} ${String(error)}`),
      idle: () => log.push('idle'),
    }, clock);
  });

  const play = (argument: string, more: { lock?: boolean; loops?: number } = {}): void => runner.execute({ name: 'play', argument, ...more });

  it('nest, and an outer one completes only after what runs inside it', async () => {
    play('a');
    play('b');
    ends.get('a')?.resolve('done');
    await Promise.resolve();
    expect(log).toEqual(['+a', '+b']);
    runner.digit('5');
    ends.get('b')?.resolve('done');
    await eventually(() => expect(log).toEqual(['+a', '+b', 'b digit 5', '-b done', '-a done', 'idle']));
  });

  it('are all ended by a break, from the inside out', async () => {
    play('a');
    play('b');
    play('c');
    runner.break(false);
    await eventually(() => expect(log.slice(3)).toEqual(['-c break', '-b break', '-a break', 'idle']));
  });

  it('are not ended by a break any more once another was started', async () => {
    play('a');
    play('b');
    runner.break(false);
    play('c');
    ends.get('c')?.resolve('done');
    await eventually(() => expect(log).toContain('-b break'));
    expect(log).not.toContain('-a break');
  });

  it('wait behind a locked one, and a break of all drops what waits', async () => {
    play('a', { lock: true });
    play('b');
    expect(log).toEqual(['+a']);
    ends.get('a')?.resolve('done');
    await eventually(() => expect(log).toEqual(['+a', '-a done', '+b']));
    ends.get('b')?.resolve('done');
    await eventually(() => expect(log.at(-1)).toBe('idle'));
    play('c', { lock: true });
    play('d');
    runner.break(true);
    await eventually(() => expect(log.slice(-2)).toEqual(['-c break', 'idle']));
  });

  it('repeat, but not when a turn was too short', async () => {
    play('a', { loops: 3 });
    clock.advance(600);
    ends.get('a')?.resolve('1');
    await eventually(() => expect(log.filter((line) => line === '+a')).toHaveLength(2));
    ends.get('a')?.resolve('2');
    await eventually(() => expect(log).toEqual(['+a', '-a 1', '+a', '-a 2', 'idle']));
  });

  it('end with the channel, and nothing starts after it', async () => {
    play('a');
    play('b');
    await runner.close();
    play('c');
    expect(log).toEqual(['+a', '+b', '-b over', '-a over']);
  });

  it('that are unknown or throw are told of', async () => {
    runner.execute({ name: 'nothing', argument: '' });
    runner.execute({ name: 'broken', argument: 'x' });
    await eventually(() => expect(log).toEqual(['unknown nothing', '+x', 'failed broken Error: oh', '-x -ERR', 'idle']));
  });
});
