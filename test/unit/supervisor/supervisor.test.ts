import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProgram, freePort, requirePort, Supervisor } from '../../../src/supervisor';
import { eventually } from '../../support/eventually';

let directory: string;
let notices: string[];
let lines: string[];
let supervisor: Supervisor;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-supervisor-'));
  notices = [];
  lines = [];
  supervisor = new Supervisor({
    onLine: (name, text) => lines.push(`${name}: ${text}`), onNotice: (text) => notices.push(text), firstPauseMs: 10,
  });
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(directory, { recursive: true });
});

/** A Node program with `code` as its text; `log(word)` appends to a file that the test reads. */
function program(name: string, code: string, more: Partial<ChildProgram> = {}): ChildProgram {
  const script = join(directory, `${name}.js`);
  const logFile = join(directory, 'log');
  writeFileSync(logFile, '');
  const log = `const log = (word) => require('fs').appendFileSync(${JSON.stringify(logFile)}, word + '\\n');`;
  writeFileSync(script, `${log}\n${code}`);
  return { name, run: { kind: 'node', script }, env: process.env, ...more };
}
const logged = (): string[] => readFileSync(join(directory, 'log'), 'utf8').trim().split('\n');
const endsOnSigterm = (name: string): string =>
  `process.on('SIGTERM', () => { log('${name} ended'); process.exit(0); });
  setInterval(() => {}, 1e6); console.log('ready');`;

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Pid 0 would mean our own process group. */
function killByPid(pid: number | undefined): void {
  if (pid === undefined) throw new Error('it does not run');
  process.kill(pid, 'SIGKILL');
}

describe('the supervisor', () => {
  it('starts a stage when the one before is ready, and ends all in reverse order', async () => {
    await supervisor.start([
      [program('one', `setTimeout(() => { log('one ready'); ${endsOnSigterm('one')} }, 50);`)],
      [program('two', `log('two starts'); ${endsOnSigterm('two')}`)],
    ]);
    const pids = Object.values(supervisor.pids());
    await supervisor.stop();
    expect(logged()).toEqual(['one ready', 'two starts', 'two ended', 'one ended']);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('starts a child again after it died, with growing pauses', async () => {
    await supervisor.start([[program('one', endsOnSigterm('one'))]]);
    for (const pauseMs of [10, 20, 40]) {
      const { one } = supervisor.pids();
      killByPid(one);
      await eventually(() => expect(supervisor.pids()['one']).not.toBe(one));
      expect(notices).toContain(`one ended (SIGKILL); starting it again in ${pauseMs} ms`);
      const again = (): string[] => notices.filter((text) => text === 'one runs again');
      await eventually(() => expect(again()).toHaveLength(Math.log2(pauseMs / 5)));
    }
  });

  it('says why a child could not start, and ends what was already running', async () => {
    const first = program('first', endsOnSigterm('first'));
    const broken = program('broken', `console.error('port 5060 is in use'); process.exit(1);`);
    await expect(supervisor.start([[first], [broken]])).rejects.toThrow('broken could not start: port 5060 is in use');
    expect(logged()).toEqual(['first ended']);
  });

  it('finds the reason in the report of an uncaught error', async () => {
    await expect(supervisor.start([[program('broken', `throw new TypeError('no such thing');`)]])).rejects
      .toThrow('broken could not start: TypeError: no such thing');
  });

  it('gives up on a child that is never ready', async () => {
    const mute = program('mute', 'setInterval(() => {}, 1e6);', { readyTimeoutMs: 100 });
    await expect(supervisor.start([[mute]])).rejects.toThrow('mute was not ready within 100 ms');
    expect(Object.values(supervisor.pids()).map(isAlive)).toEqual([false]);
  });

  it('says so when a program does not exist', async () => {
    const absent: ChildProgram = {
      name: 'redis', run: { kind: 'program', command: 'no-such-redis-server', args: [] },
      env: { PATH: '/usr/bin:/bin' },
    };
    await expect(supervisor.start([[absent]])).rejects.toThrow(/redis could not start: .*not found/);
  });

  it('kills a child that ignores SIGTERM, and says so', async () => {
    const deaf = program('deaf', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('ready');`);
    await supervisor.start([[{ ...deaf, stopTimeoutMs: 100 }]]);
    const { deaf: pid } = supervisor.pids();
    await supervisor.stop();
    expect(isAlive(pid)).toBe(false);
    expect(notices).toEqual(['deaf did not end in time and was killed']);
  });

  it('passes on every line of its children', async () => {
    await supervisor.start([[program('one', `console.log('hello'); console.error('oh'); ${endsOnSigterm('one')}`)]]);
    await eventually(() => expect([...lines].sort()).toEqual(['one: hello', 'one: oh', 'one: ready']));
  });

  it('does not start the next stage when it is stopped while one starts', async () => {
    const slow = program('slow', 'setInterval(() => {}, 1e6);');
    const starting = supervisor.start([[slow], [program('next', `log('next starts'); ${endsOnSigterm('next')}`)]]);
    await eventually(() => expect(supervisor.pids()['slow']).toBeDefined());
    await supervisor.stop();
    await starting;
    expect(logged()).toEqual(['']);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const inner = program('inner', endsOnSigterm('inner'));
    const outer = program('outer', `
      const { Supervisor } = require(${JSON.stringify(join(__dirname, '../../../src/supervisor'))});
      const supervisor = new Supervisor({ onLine: () => {}, onNotice: () => {} });
      const inner = ${JSON.stringify(inner)};
      const run = { kind: 'program', command: 'sh', args: ['-c', 'echo ready; exec sleep 600'] };
      const sleeper = { name: 'sleeper', run, env: inner.env };
      supervisor.start([[inner, sleeper]]).then(() => console.log('pids ' + JSON.stringify(supervisor.pids())));`);
    const tsx = { ...process.env, NODE_OPTIONS: `--require ${require.resolve('tsx/cjs')}` };
    await supervisor.start([[{ ...outer, ready: /^pids/, env: tsx }]]);
    const line = lines.find((text) => text.startsWith('outer: pids')) ?? '';
    const pids = Object.values(JSON.parse(line.replace('outer: pids ', '')) as Record<string, number>);
    expect(pids.map(isAlive)).toEqual([true, true]);
    killByPid(supervisor.pids()['outer']);
    await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]));
    expect(logged()).toEqual(['inner ended']);
  });
});

describe('ports', () => {
  it('finds free ones', async () => {
    expect(await freePort('tcp')).toBeGreaterThan(0);
    expect(await freePort('udp')).toBeGreaterThan(0);
  });

  it('says which port is taken and what to do', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(requirePort('tcp', '127.0.0.1', port, 'HTTP', 'set HOLDFAST_HTTP_PORT')).rejects
      .toThrow(`127.0.0.1:${port}/tcp (HTTP) is in use: stop the program that holds it, or set HOLDFAST_HTTP_PORT`);
    await new Promise((resolve) => server.close(resolve));
    const elsewhere = requirePort('udp', '192.0.2.1', 5060, 'SIP', 'set HOLDFAST_SIP_HOST');
    await expect(elsewhere).rejects.toThrow('not an address of this machine');
  });
});
