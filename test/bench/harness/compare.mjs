import { measured } from './measured.mjs';

/** Stolen by the hypervisor above this share, a pair says nothing; it is taken again. */
const MAX_STEAL = 0.02;

/**
 * Pairs of runs of two sides, after a warm-up of each, in the order A B, B A, A B, ... so that a drift of the machine hits both.
 * A run that is not exact throws, and with it the whole comparison: a ratio of wrong results is none.
 */
export async function comparePairs({ ours, peer, pids, warmUps = 1 }, { pairs, say }) {
  const run = async (name, side) => {
    try {
      return await measured(side, { pids });
    } catch (cause) {
      throw new Error(`${name} was not exact: ${cause.message}`, { cause });
    }
  };
  for (let number = 0; number < warmUps; number += 1) {
    await run('ours', ours);
    await run('the peer', peer);
  }
  const rows = [];
  let voided = 0;
  while (rows.length < pairs) {
    const row = {};
    const sides = [['ours', ours], ['peer', peer]];
    for (const [name, side] of (rows.length + voided) % 2 === 0 ? sides : sides.reverse()) {
      row[name] = await run(name === 'ours' ? 'ours' : 'the peer', side);
    }
    if (Math.max(row.ours.steal, row.peer.steal) > MAX_STEAL) {
      voided += 1;
      if (voided > pairs) throw new Error(`the hypervisor took more than ${MAX_STEAL * 100} % in ${voided} pairs`);
      continue;
    }
    rows.push(row);
    say(`pair ${rows.length}: cpu ${row.ours.cpu.toFixed(2)} against ${row.peer.cpu.toFixed(2)} us`);
  }
  return { rows, voided };
}

/**
 * What the peer needs for each unit that we need (`efficiency`: more is better), or the other way round (`cost`); `bound`: no
 * ratio but our own figure, which must stay below a bound.
 */
export function ratioOf({ ours, peer }, { cost, direction }) {
  if (direction === 'bound') return ours[cost];
  return direction === 'efficiency' ? peer[cost] / ours[cost] : ours[cost] / peer[cost];
}

/** Throws unless the two are the same: the exactness check of a run. */
export function mustBe(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`);
}
