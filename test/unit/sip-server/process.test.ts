import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';

const main = resolve(__dirname, '../../../src/embedded/sip-server/main.ts');

/** Runs the process from its source; resolves when it has ended. */
function run(env: Record<string, string>, onReady: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined) {
  const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), main], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    out.stdout += String(chunk);
    if (out.stdout.endsWith('\n')) onReady((signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk) => {
    out.stderr += String(chunk);
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    child.on('close', (code) => done({ code, ...out }));
  });
}

const free = { HOLDFAST_SIP_PORT: '0', DRACHTIO_PORT: '0', DRACHTIO_SECRET: 'x' };

describe('the process of the SIP server', () => {
  it('says in one line where it listens, and ends within a second of SIGTERM', async () => {
    let killedAt = 0;
    const { code, stdout, stderr } = await run(free, (kill) => {
      killedAt = performance.now();
      kill('SIGTERM');
    });
    expect(stdout).toMatch(/^ready sip=127\.0\.0\.1:\d+ admin=127\.0\.0\.1:\d+\n$/);
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - killedAt).toBeLessThan(1_000);
  });

  it('says in one line which port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const port = String((taken.address() as AddressInfo).port);
    const { code, stdout, stderr } = await run({ ...free, DRACHTIO_PORT: port });
    taken.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^sip-server: cannot listen .*127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*\\n$`));
  });

  it.each([
    [{ ...free, DRACHTIO_SECRET: '' }, 'DRACHTIO_SECRET is not set'],
    [{ ...free, HOLDFAST_SIP_HOST: 'localhost' }, 'set it to an IP address'],
    [{ ...free, HOLDFAST_SIP_PORT: '70000' }, 'set it to a port'],
    [{ ...free, HOLDFAST_SIP_SOURCES: '10.0.0.0/8, 1.2.3/24' }, 'HOLDFAST_SIP_SOURCES: "1.2.3/24" is no network'],
    [{ ...free, HOLDFAST_SIP_SOURCE_RATE: 'many' }, 'set it to messages a second'],
  ])('refuses bad settings: %o', async (env, reason) => {
    const { code, stderr } = await run(env);
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
