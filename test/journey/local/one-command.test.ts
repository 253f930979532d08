import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Phone, rms, SILENCE_RMS } from '../../../src/phone';
import { UserAgent } from '../../../src/sip-stack';
import { freePort } from '../../../src/supervisor';
import { eventually } from '../../support/eventually';

/** The story of `make run` and `make call`, with the compiled programs that they start. */
const root = join(__dirname, '../../..');
const local = join(root, 'dist/local.js');

let dataDir: string;
let env: Record<string, string>;
let running: Run | undefined;

interface Run {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function run(more: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [local], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { process: child, output: () => output, ended };
}

const whenReady = (one: Run): Promise<string> => eventually(() => {
  const ready = /Holdfast is ready after ([\d.]+) s/.exec(one.output());
  if (ready === null) throw new Error(one.output());
  return ready[1] ?? '';
}, 20_000);

/** Command lines of every process whose environment or arguments name our data directory. */
async function leftovers(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=']);
  return stdout.split('\n').map((line) => line.trim()).filter((pid) => {
    if (pid === '' || pid === String(process.pid)) return false;
    try {
      const about = readFileSync(`/proc/${pid}/environ`, 'utf8') + readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return about.includes(dataDir);
    } catch {
      // It ended while we looked, or belongs to somebody else.
      return false;
    }
  });
}

/** `address:port` of each socket that these processes listen on: TCP, or UDP of any kind. IPv4 as it is written. */
function listening(pids: readonly string[], protocol: 'tcp' | 'udp'): string[] {
  const own = new Set(pids.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? ''];
    } catch {
      return []; // closed while we looked
    }
  })));
  return [protocol, `${protocol}6`].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1).flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (inode === '' || !own.has(inode) || (protocol === 'tcp' && state !== '0A')) return [];
    const [address = '', port = ''] = local.split(':');
    const bytes = address.match(/../g)?.reverse().map((byte) => Number.parseInt(byte, 16)) ?? [];
    return [`${bytes.length === 4 ? bytes.join('.') : address}:${Number.parseInt(port, 16)}`];
  }));
}

beforeAll(async () => {
  if (!existsSync(local)) throw new Error('dist/ is missing: run make build first');
  dataDir = mkdtempSync(join(tmpdir(), 'holdfast-local-'));
  const [sip, http, demo] = await Promise.all([freePort('udp'), freePort('tcp'), freePort('tcp')]);
  env = {
    PATH: process.env['PATH'] ?? '', HOLDFAST_DATA_DIR: dataDir, HOLDFAST_SIP_PORT: String(sip),
    HOLDFAST_HTTP_PORT: String(http), HOLDFAST_DEMO_PORT: String(demo),
  };
});
afterEach(async () => {
  running?.process.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await eventually(async () => expect(await leftovers()).toEqual([]), 8_000);
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('make run', () => {
  it('starts everything, takes a call, restarts a gateway that dies, and Ctrl-C leaves nothing behind', async () => {
    running = run({ GATEWAYS: '2', HOLDFAST_HTTP_PORT: '0' });
    await whenReady(running);
    const doors = [...running.output().matchAll(/HTTP +(http:\S+)\/health\/ready/g)].map(([, door]) => door ?? '');
    expect(doors).toHaveLength(2);
    for (const door of doors) {
      const answer = await fetch(`${door}/health/ready`);
      expect(await answer.json()).toMatchObject({
        status: 'ok',
        dependencies: { redis: { status: 'ok' }, drachtio: { status: 'ok' }, freeswitch: { status: 'ok' } },
      });
    }

    const call = { ...env, TO: '1000', SECONDS: '3' };
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'dist/phone/main.js')], { env: call });
    expect(stdout).toMatch(/answered in \d+ ms/);
    expect(stdout).toContain('hearing speech');

    const gateway = (await Promise.all((await leftovers()).map(async (pid) => {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const name = /HOLDFAST_GATEWAY_NAME=gateway-1/.test(readFileSync(`/proc/${pid}/environ`, 'utf8'));
      return name && line.includes('dist/main.js') ? Number(pid) : undefined;
    }))).find((pid) => pid !== undefined);
    if (gateway === undefined) throw new Error('gateway-1 does not run');
    process.kill(gateway, 'SIGKILL');
    await eventually(() => expect(running?.output()).toContain('gateway-1 runs again'), 15_000);

    running.process.kill('SIGINT');
    expect(await running.ended).toBe(0);
    expect(await leftovers()).toEqual([]);
  }, 60_000);

  it('is ready in under 5 s the second time, and leaves nothing behind when it is killed itself', async () => {
    running = run();
    expect(Number(await whenReady(running))).toBeLessThan(5);
    expect((await leftovers()).length).toBeGreaterThan(4);
    running.process.kill('SIGKILL');
    await running.ended;
    await eventually(async () => expect(await leftovers()).toEqual([]), 8_000);
  }, 60_000);

  it('refuses a second one on the same data directory, and a taken port, each in one clear line', async () => {
    running = run();
    await whenReady(running);
    const second = run();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('runs with this data directory: stop it, or set HOLDFAST_DATA_DIR');
    const third = run({ HOLDFAST_DATA_DIR: join(dataDir, 'other') });
    expect(await third.ended).toBe(1);
    const door = `127.0.0.1:${env['HOLDFAST_SIP_PORT']}/udp (SIP)`;
    expect(third.output().trim()).toBe(`Holdfast did not start: ${door} is in use: `
      + 'stop the program that holds it, or choose another: make run HOLDFAST_SIP_PORT=5070');
    running.process.kill('SIGINT');
    expect(await running.ended).toBe(0);
  }, 60_000);

  it('opens nothing but SIP and audio on the address of the network, and serves the sources that it is told, as it is told', async () => {
    const host = '127.0.83.2';
    const network = {
      HOLDFAST_SIP_HOST: host, HOLDFAST_SIP_SOURCES: '127.0.83.0/24', HOLDFAST_MEDIA_CODECS: 'PCMA', HOLDFAST_MEDIA_WORKERS: '2',
    };
    running = run(network);
    await whenReady(running);
    const pids = await leftovers();
    const sip = `${host}:${env['HOLDFAST_SIP_PORT']}`;
    const outside = (protocol: 'tcp' | 'udp'): string[] => listening(pids, protocol).filter((at) => !at.startsWith('127.0.0.1:'));
    expect(listening(pids, 'tcp').length).toBeGreaterThan(4);
    expect(outside('tcp')).toEqual([sip]);
    expect(outside('udp')).toEqual([sip]);

    const stranger = new UserAgent({ user: 'scan', timing: { t1Ms: 20, t2Ms: 40, t4Ms: 40 } });
    await stranger.start({ host: '127.0.0.1', port: 0 });
    const formats: string[] = [];
    const phone = await Phone.start({
      host: '127.0.83.9', codec: ['PCMU', 'PCMA'],
      drop: ({ direction, bytes }) => {
        const [, format] = /^m=audio \d+ RTP\/AVP (\d+)/m.exec(bytes.toString('latin1')) ?? [];
        if (direction === 'in' && format !== undefined) formats.push(format);
        return false;
      },
    });
    const call = await phone.call(`sip:1000@${sip}`);
    await call.untilAnswered({ withinMs: 10_000 });
    await eventually(() => expect(rms(call.audio.latest(200))).toBeGreaterThan(SILENCE_RMS), 10_000);
    expect(new Set(formats)).toEqual(new Set(['8']));
    expect((await stranger.request('OPTIONS', { uri: `sip:x@${sip}` })).outcome).not.toBe('answered');
    await Promise.all([phone.stop(), stranger.stop()]);
    running.process.kill('SIGINT');
    expect(await running.ended).toBe(0);
  }, 60_000);

  it('names every problem of the configuration', async () => {
    const broken = run({ HOLDFAST_SIP_PORT: '99999', HOLDFAST_HTTP_PORT: 'http' });
    expect(await broken.ended).toBe(1);
    expect(broken.output()).toContain('HOLDFAST_HTTP_PORT: must be a whole number');
    expect(broken.output()).toContain('sip.port: ');
    const nowhere = run({ HOLDFAST_SIP_HOST: '0.0.0.0' });
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.output()).toContain('set HOLDFAST_EXTERNAL_IP');
  });
});
