/** `make side-by-side FAULTS=1000 [SEED=]`: gateways of Holdfast's and of the usual algorithm die until that many have, and whom it cost what. */
import { startRedis } from '../../support/redis-server';
import { OURS, PEER, runSide, type Side, type SideReport } from './side-by-side';

const FAULTS = Number(process.env['FAULTS'] || 200);
const BATCH = { callers: 150, deaths: 20 };

let seed = Number(process.env['SEED'] || 1);
const total = { ours: emptyReport(), peer: emptyReport() };

function emptyReport(): Record<keyof SideReport, number> {
  return { deaths: 0, callers: 0, lostWithClaim: 0, lostWithGateway: 0, givenTwice: 0 };
}

function table(): string {
  const row = (name: string, { deaths, callers, ...counts }: SideReport): string =>
    `| ${[name, deaths, callers, ...Object.values(counts).map((count) => `${count} (${((count / deaths) * 1_000).toFixed(1)})`)].join(' | ')} |`;
  const head = '| | deaths | callers | lost with the claim (per 1,000 deaths) | lost with their gateway | given twice |\n|---|---|---|---|---|---|';
  return [head, row('pop, notify, poll every 5 s', total.peer), row('Holdfast', total.ours)].join('\n');
}

async function compare(): Promise<void> {
  const redis = await startRedis();
  const add = async (name: keyof typeof total, side: Side, terms: { seed: number; healedWithinMs: number }): Promise<void> => {
    const report = await runSide(redis, side, { ...BATCH, ...terms });
    for (const key of Object.keys(report) as (keyof SideReport)[]) total[name][key] += report[key];
  };
  while (total.ours.deaths < FAULTS || total.peer.deaths < FAULTS) {
    await Promise.all([add('ours', OURS, { seed, healedWithinMs: 15_000 }), add('peer', PEER, { seed, healedWithinMs: 6_000 })]);
    process.stdout.write(`side by side, seed ${seed}:\n${table()}\n`);
    seed += 1;
  }
  await redis.stop();
}

void compare();
