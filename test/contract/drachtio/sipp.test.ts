import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { type Message, sdp, Stage, startTarget } from './target';

const sipp = '/usr/bin/sipp';
const stage = new Stage();
afterEach(() => stage.clear());

/** The same pseudo-random losses on every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Runs SIPp's own caller (INVITE, ACK, pause, BYE) and tells how many calls it counts as good. */
async function sippCalls(target: { host: string; port: number }, calls: number) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sipp-'));
  stage.after(() => rmSync(directory, { recursive: true, force: true }));
  const child = spawn(sipp, [
    `${target.host}:${target.port}`, '-sn', 'uac', '-i', '127.0.0.1', '-m', String(calls), '-r', '20', '-d', '100',
    '-trace_stat', '-trace_err', '-timeout', '40', '-nostdin',
  ], { cwd: directory, stdio: 'ignore' });
  stage.after(() => void child.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const file = (part: string): string => {
    const name = readdirSync(directory).find((entry) => entry.includes(part));
    return name === undefined ? '' : readFileSync(join(directory, name), 'utf8');
  };
  const [names = '', ...rows] = file('.csv').trim().split('\n');
  const last = rows.at(-1)?.split(';') ?? [];
  return { code, good: Number(last[names.split(';').indexOf('SuccessfulCall(C)')]), errors: file('_errors') };
}

(existsSync(sipp) ? describe : describe.skip)('calls of SIPp to an application', () => {
  it('all succeed although one message in seven is lost each way', async () => {
    const random = seeded(11);
    let lost = 0;
    // SIPp takes a repeated 200 to INVITE for the answer to its BYE: when an ACK is lost, the BYE after it is not.
    const unacknowledged = new Set<string | undefined>();
    const target = await startTarget(({ bytes, direction }) => {
      const text = bytes.toString('latin1');
      const callId = /^Call-ID: (.*)\r$/m.exec(text)?.[1];
      if (direction === 'in' && text.startsWith('BYE ') && unacknowledged.has(callId)) return false;
      const drop = random() < 1 / 7;
      if (drop && text.startsWith('ACK ')) unacknowledged.add(callId);
      if (drop) lost += 1;
      return drop;
    }, {}); // SIPp has the timers of RFC 3261, so both sides do.
    stage.after(() => target.stop());
    let ended = 0;
    let refusedByServer = 0;
    await stage.app(target, (app) => {
      app.invite((request, response) => {
        void app.createUAS(request, response, { localSdp: sdp('app') }).then((dialog) => {
          dialog.on('destroy', (bye: Message) => {
            ended += 1;
            if (bye.get('Reason')?.includes('ACK timeout') === true) refusedByServer += 1;
          });
        });
      });
    });
    const calls = 30;
    const result = await sippCalls(target.sip, calls);
    expect(result).toEqual({ code: 0, good: calls, errors: '' });
    await eventually(() => expect(ended).toBe(calls));
    expect(refusedByServer).toBe(0);
    if (target.embedded) expect(lost).toBeGreaterThan(20);
  }, 60_000);
});
