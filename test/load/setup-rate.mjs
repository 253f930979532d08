import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quantile } from '../bench/harness/measured.mjs';

const SCENARIO = fileURLToPath(new URL('uac-timed.xml', import.meta.url));

/**
 * SIPp places `count` calls, `perSecond`, each of which stays `stayMs`. Resolves with the times from INVITE to 200 in ms and how
 * many calls went as the scenario says.
 */
export async function measureSetupRate({ host, port }, { to, count, perSecond, stayMs }) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sipp-'));
  try {
    const args = [
      '-n', '5', 'sipp', `${host}:${port}`, '-sf', SCENARIO, '-s', to, '-r', String(perSecond), '-m', String(count), '-l', String(count),
      '-d', String(stayMs), '-i', '127.0.0.1', '-nostdin', '-trace_rtt', '-rtt_freq', '1', '-trace_err', '-timeout_error',
      '-timeout', String(Math.ceil(count / perSecond + stayMs / 1_000 + 30)),
    ];
    const sipp = spawn('nice', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [sipp.stdout, sipp.stderr]) stream.on('data', (bytes) => (output = (output + bytes).slice(-20_000)));
    await once(sipp, 'close');
    const read = (pattern) => readdirSync(directory).filter((name) => pattern.test(name)).map((name) => readFileSync(join(directory, name), 'utf8'));
    const times = read(/rtt\.csv$/).join('').split('\n').map((line) => line.split(';')).filter(([at]) => /^\d/.test(at)).map(([, ms]) => Number(ms));
    const last = (label) => Number([...output.matchAll(new RegExp(`${label}\\s*\\|\\s*\\d+\\s*\\|\\s*(\\d+)`, 'g'))].at(-1)?.[1]);
    if (times.length === 0) throw new Error(`SIPp measured nothing: ${output.slice(-2_000)}`);
    return {
      successful: last('Successful call'), failed: last('Failed call'), errors: read(/errors\.log$/).join('').slice(0, 2_000),
      p50: quantile(times, 0.5), p99: quantile(times, 0.99), worst: quantile(times, 1),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
