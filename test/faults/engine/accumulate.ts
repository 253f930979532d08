/** `make faults DEATHS=12000 CALLERS=1000000 [SEED=] [ONLY_DEATHS=1] [REDIS_SHARE=]`: goes on from what .make/faults.json has until that many have been seen. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { startRedis } from '../../support/redis-server';
import { FaultRun } from './fault-run';
import { LEASE_MS } from './incarnation';

const LANES = Number(process.env['LANES'] || 4);
const BATCH = { callers: 500, deaths: 14 };
const FILE = '.make/faults.json';
/** What happened in runs in which somebody was wronged, a file for each seed: where gateways are depends on time as well, so a seed may not show it again. */
const STORIES = '.make/faults';

interface Total {
  nextSeed: number;
  runs: number;
  callers: number;
  deaths: number;
  stranded: number;
  results: Record<string, number>;
  /** Other troubles by their name. */
  troubles: Record<string, number>;
  /** Runs in which the test's own process did not run for longer than a lease. */
  stalledRuns: number;
  /** What was wrong, by the seed of its run. */
  wrongs: Record<string, readonly string[]>;
}

const wanted = { callers: Number(process.env['CALLERS'] || 10_000), deaths: Number(process.env['DEATHS'] || 200) };
const fresh: Total = { nextSeed: Number(process.env['SEED'] || 1), runs: 0, callers: 0, deaths: 0, stranded: 0, results: {}, troubles: {}, stalledRuns: 0, wrongs: {} };
const total: Total = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Total) : fresh;

function add(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}

async function accumulate(): Promise<void> {
  const lane = async (): Promise<void> => {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'no', '--enable-debug-command', 'local']);
    while (total.callers < wanted.callers || total.deaths < wanted.deaths) {
      const seed = total.nextSeed++;
      const story: string[] = [];
      const onlyDeaths = process.env['ONLY_DEATHS'] === '1';
      const terms = { seed, ...BATCH, onlyDeaths, hasRedisTroubles: !onlyDeaths, report: (message: string) => void story.push(message) };
      const report = await new FaultRun(redis, terms).run();
      total.runs += 1;
      total.callers += report.callers;
      total.deaths += Object.values(report.deaths).reduce((sum, deaths) => sum + deaths, 0);
      total.stranded += report.stranded;
      if (report.longestStallMs > LEASE_MS) total.stalledRuns += 1;
      add(total.results, report.results);
      add(total.troubles, report.troubles);
      mkdirSync(STORIES, { recursive: true });
      if (report.wrongs.length > 0) {
        total.wrongs[seed] = report.wrongs;
        writeFileSync(`${STORIES}/${seed}.txt`, story.join('\n'));
      }
      writeFileSync(FILE, JSON.stringify(total, null, 1));
      const wrong = Object.values(total.wrongs).flat().length;
      process.stdout.write(`faults: seed ${seed}; in all ${total.deaths} deaths, ${total.callers} callers, ${wrong} wrong\n`);
    }
    await redis.stop();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const wrong = Object.values(total.wrongs).flat();
  process.stdout.write(`${wrong.join('\n')}\nfaults: at most ${(300 / total.callers).toExponential(1)} % of callers are wronged when none was (95 %)\n`);
  process.exit(wrong.length > 0 ? 1 : 0);
}

void accumulate();
