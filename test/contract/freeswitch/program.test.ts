import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../support/free-ports';
import { EslClient } from './esl-client';

const PROGRAM = join(__dirname, '..', '..', '..', 'src', 'embedded', 'media-server', 'main.ts');
const SECRET = 'program-secret';

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
}

function run(env: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), PROGRAM], {
    env: { PATH: process.env['PATH'], HOLDFAST_MEDIA_SIP_PORT: '0', HOLDFAST_ESL_PORT: '0', HOLDFAST_ESL_SECRET: SECRET, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (bytes: Buffer) => (out += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (err += bytes.toString()));
  return { child, out: () => out, err: () => err };
}

async function exitCode({ child }: Running): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('the media server as a program', () => {
  it('says where it listens in one line, serves, and stops within a second of SIGTERM', async () => {
    const min = await freePorts(10);
    const running = run({ HOLDFAST_RTP_PORT_MIN: String(min), HOLDFAST_RTP_PORT_MAX: String(min + 9), HOLDFAST_MEDIA_WORKERS: '2' });
    if (running.child.stdout) await once(running.child.stdout, 'data');
    const [, host = '', port = ''] = /^ready esl=([\d.]+):(\d+) sip=[\d.]+:\d+\n$/.exec(running.out()) ?? [];
    const esl = await EslClient.open({ host, port: Number(port), secret: SECRET }, 'HEARTBEAT');
    expect(await esl.api('sofia status')).toMatch(/^\s*drachtio_mrf\s.*sip:mod_sofia@127\.0\.0\.1:\d+/m);
    const askedAt = performance.now();
    running.child.kill('SIGTERM');
    expect(await exitCode(running)).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(1_500);
    expect(running.err()).toBe('');
  });

  it('says in one line that a port is in use, and exits with 1', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    const running = run({ HOLDFAST_ESL_PORT: String(port) });
    expect(await exitCode(running)).toBe(1);
    expect(running.err()).toMatch(new RegExp(`^media server: event socket 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*\n$`));
    expect(running.out()).toBe('');
    server.close();
  });

  it('names all problems of its environment', async () => {
    const running = run({ HOLDFAST_ESL_SECRET: '', HOLDFAST_MEDIA_SIP_PORT: 'x', HOLDFAST_LOCAL_STREAMS: 'hold' });
    expect(await exitCode(running)).toBe(1);
    expect(running.err().trim().split('; ')).toHaveLength(3);
  });

  it('names a directory of hold music that is not there', async () => {
    const running = run({ HOLDFAST_LOCAL_STREAMS: 'hold=/nonexistent/music' });
    expect(await exitCode(running)).toBe(1);
    expect(running.err()).toMatch(/^media server: hold music hold: .*ENOENT.*\n$/);
  });
});
