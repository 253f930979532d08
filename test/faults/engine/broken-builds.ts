import type { FaultTerms } from './fault-run';
import type { Mutation } from './redis-scripts';
import { OURS, type Side, type SideTerms } from './side-by-side';

/** Builds with one defect each, which the checker has to see. */
export const BROKEN_BUILDS: Readonly<Record<string, Pick<FaultTerms, 'areDeathsSilent'> & { readonly mutations: readonly Mutation[] }>> = {
  'lease off: nobody learns who is dead': {
    areDeathsSilent: true,
    mutations: [
      { script: 'heartbeat', from: 'dead = #dead > 0 and dead or nil', to: 'dead = nil' },
      { script: 'renew-lease', from: 'expired = #expired > 0 and expired or nil', to: 'expired = nil' },
    ],
  },
};

/**
 * Pop before notify: a claim takes the caller out of the line for good, as a list does; whoever gives it up puts nobody back. Callers who
 * go when they have waited for long hide it, for they are told that they hung up: it is seen with those of the side by side. Their
 * gateway dies when it is about to bridge, which nobody tells of, and the agent gives up before its lease is over.
 */
export const POPPED: { readonly side: Side; readonly terms: Omit<SideTerms, 'seed'> } = {
  side: { ...OURS, steps: ['begin-bridge'] },
  terms: {
    callers: 40, deaths: 5, areDeathsSilent: true, healedWithinMs: 3_000,
    mutations: ['abandon-claim', 'expire-claim', 'reap-ticket'].map((script) => ({
      script, from: "redis.call('ZADD', K.waiting, entry.score, entry.id)", to: '',
    })),
  },
};
