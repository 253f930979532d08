/**
 * `make stack-faults KILLS=200 BYE_RACES=500 AGENT_RACES=300 REDIS_FAULTS=50 FAILOVERS=50 CALLERS=50`: goes on from what .make/stack-faults.json has
 * until that many have been seen, a batch at a time, each on an installation of its own.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = '.make/stack-faults.json';
/** What jest printed of batches that failed, by their seed. */
const STORIES = '.make/stack-faults';
const CALLERS = process.env['CALLERS'] || '50';
/** As many as fit into a few minutes. */
const BATCHES = { KILLS: 4, BYE_RACES: 40, AGENT_RACES: 24, REDIS_FAULTS: 6, FAILOVERS: 6 } as const;
const KINDS = Object.keys(BATCHES) as (keyof typeof BATCHES)[];

interface Total {
  rounds: number;
  callers: number;
  results: Record<string, number>;
  /** The worst of all kills: until the calls were taken over, and what anybody lacked of his music. */
  takenOverMs?: number;
  lackedMs?: number;
  /** Seeds of batches that failed; they count as one wrong each, and their rounds not. */
  failed: number[];
}

const totals: Record<string, Total> = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Total>) : {};

async function batch(kind: keyof typeof BATCHES, rounds: number): Promise<void> {
  const seed = Math.floor(Math.random() * 1e9);
  const counts = Object.fromEntries(KINDS.map((one) => [`HOLDFAST_${one}`, one === kind ? String(rounds) : '0']));
  const callers = kind === 'KILLS' ? { HOLDFAST_CALLERS: CALLERS } : {};
  const jest = spawn('npx', ['jest', '--runInBand', '--forceExit', 'test/faults/stack-faults.test.ts'], {
    env: { ...process.env, ...counts, ...callers, HOLDFAST_SEED: String(seed) }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [jest.stdout, jest.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => jest.once('close', resolve));
  const total = (totals[kind] ??= { rounds: 0, callers: 0, results: {}, failed: [] });
  const told = /^faults: (\{"what".*\})$/m.exec(output)?.[1];
  if (output.includes('did not get ready')) {
    // A machine that is too busy to begin with has shown nothing.
    process.stdout.write(`${kind}: an installation did not start\n`);
    return;
  }
  if (told === undefined || jest.exitCode !== 0) {
    total.failed.push(seed);
    mkdirSync(STORIES, { recursive: true });
    writeFileSync(`${STORIES}/${seed}.txt`, output);
  } else {
    const report = JSON.parse(told) as Omit<Total, 'failed'>;
    total.rounds += report.rounds;
    total.callers += report.callers;
    for (const worst of ['takenOverMs', 'lackedMs'] as const) {
      if (report[worst] !== undefined) total[worst] = Math.max(total[worst] ?? 0, report[worst]);
    }
    for (const [word, count] of Object.entries(report.results)) total.results[word] = (total.results[word] ?? 0) + count;
  }
  mkdirSync('.make', { recursive: true });
  writeFileSync(FILE, JSON.stringify(totals, null, 1));
  const { rounds: done, callers: seen, failed } = total;
  const bound = failed.length === 0 ? `at most ${(300 / done).toFixed(1)} % go wrong (95 %)` : `${failed.length} batches failed: ${failed.join(', ')}`;
  const worst = total.takenOverMs === undefined ? '' : `; taken over within ${total.takenOverMs} ms, ${total.lackedMs} ms without music at most`;
  process.stdout.write(`${kind}: ${done} with ${seen} callers; ${bound}${worst}\n`);
}

async function accumulate(): Promise<void> {
  let failures = 0;
  for (const kind of KINDS) {
    const wanted = Number(process.env[kind] || 0);
    while ((totals[kind]?.rounds ?? 0) < wanted && failures < 5) {
      const before = totals[kind]?.failed.length ?? 0;
      await batch(kind, Math.min(BATCHES[kind], wanted - (totals[kind]?.rounds ?? 0)));
      failures += (totals[kind]?.failed.length ?? 0) - before;
    }
  }
  process.exit(failures > 0 ? 1 : 0);
}

void accumulate();
