import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../../support/child-program';
import { startRedis } from '../../support/redis-server';
import { BrokenPromise, Interleaving } from './interleaving';
import { Fleets, type InterleavingsReport } from './run-interleavings';

const RUNS = Number(process.env['HOLDFAST_INTERLEAVINGS'] ?? 10_000);
const SEED = Number(process.env['HOLDFAST_SEED'] ?? randomInt(2 ** 31));
const PROCESSES = Math.min(2, availableParallelism(), RUNS);

describe('random interleavings of everything that can happen to a queue', () => {
  const programs: ChildProgram[] = [];

  afterAll(() => Promise.all(programs.map((program) => program.stop())));

  /** In a process of its own, for one core cannot do all of them in a minute. */
  async function range(seed: number, runs: number): Promise<InterleavingsReport> {
    const file = join(__dirname, 'interleavings-program.ts');
    const program = new ChildProgram(process.execPath, ['--import', 'tsx', file, String(seed), String(runs)]);
    programs.push(program);
    if ((await program.ended).exitCode !== 0) throw new BrokenPromise(program.stderr);
    return JSON.parse(program.stdout) as InterleavingsReport;
  }

  it(`lose nobody, take nobody twice, keep the order and end each entry once (${RUNS} runs)`, async () => {
    process.stdout.write(`interleavings: HOLDFAST_SEED=${SEED} HOLDFAST_INTERLEAVINGS=${RUNS}\n`);
    const share = Math.ceil(RUNS / PROCESSES);
    const ranges = Array.from({ length: PROCESSES }, (_, n) => range(SEED + n * share, Math.min(share, RUNS - n * share)));
    const reports = await Promise.all(ranges);
    const sum = (of: keyof InterleavingsReport): number => reports.reduce((total, report) => total + report[of], 0);
    process.stdout.write(
      `interleavings: ${sum('runs')} runs, ${sum('operations')} operations, ${sum('gatewaysDied')} gateways died, `
      + `${sum('connectionsLost')} connections lost, ${Math.max(...reports.map((report) => report.heapMb))} MB\n`,
    );
    expect(sum('runs')).toBe(RUNS);
    if (RUNS >= 1_000) expect(sum('gatewaysDied')).toBeGreaterThan(RUNS / 50);
    if (RUNS >= 1_000) expect(sum('connectionsLost')).toBeGreaterThan(RUNS / 500);
  }, 3_600_000);

  it.each([
    ['lose callers when claim pops first', { claim: 'claim-pop-first.lua' }, 10],
    ['give up newer claims when abandon-claim is not fenced by the token', { 'abandon-claim': 'abandon-unfenced.lua' }, 150],
  ])('are noticed to %s', async (_, files, runs) => {
    const redis = await startRedis();
    const fleets = new Fleets(redis);
    const scriptFiles = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(__dirname, 'fixtures', file)]));
    const broken = await fleets.open(2, { scriptFiles });
    let seen: unknown;
    for (let run = 1; run <= runs && seen === undefined; run++) {
      seen = await new Interleaving(SEED + run, broken).run().then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    fleets.close();
    await redis.stop();
    expect(seen).toBeInstanceOf(BrokenPromise);
  });
});
