export type RetryPolicy = '4xx' | '5xx' | 'ct' | 'rt' | 'all';

/** How one request is made; contract 9. */
export interface ConnectionOverrides {
  /** TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Longest silence of the server. */
  readonly readTimeoutMs: number;
  /** All tries and redirects together. */
  readonly totalMs: number;
  /** Tries after the first one. */
  readonly retryCount: number;
  readonly retryPolicy: ReadonlySet<RetryPolicy>;
  /** Whether TLS names the host. */
  readonly sni: boolean;
  /** Egress places in order of preference. There is one; the names are kept for those who run several. */
  readonly edges: readonly string[];
}

export interface OverrideDefaults {
  readonly connectTimeoutMs: number;
  /** Default and upper bound of the whole time, and default of the read timeout. */
  readonly budgetMs: number;
}

const DEFAULT_POLICY: ReadonlySet<RetryPolicy> = new Set(['ct']);
const POLICIES: readonly RetryPolicy[] = ['4xx', '5xx', 'ct', 'rt', 'all'];

/**
 * The overrides in the fragment of a webhook URL (`#ct=500&rt=2000&tt=5000&rc=2&rp=5xx,ct&sni=n&e=ashburn`). A value out of
 * its range counts as absent. `tt` never exceeds the budget of the installation.
 */
export function readOverrides(url: string, { connectTimeoutMs, budgetMs }: OverrideDefaults): ConnectionOverrides {
  const hash = url.indexOf('#');
  if (hash < 0) return noOverrides({ connectTimeoutMs, budgetMs });
  const written = new URLSearchParams(url.slice(hash + 1));
  const number = (key: string, min: number, max: number): number | undefined => {
    const text = written.get(key) ?? '';
    const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  const policies = (written.get('rp') ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');
  const known = POLICIES.filter((policy) => policies.includes(policy));
  return {
    connectTimeoutMs: number('ct', 100, 10_000) ?? connectTimeoutMs,
    readTimeoutMs: number('rt', 100, 15_000) ?? budgetMs,
    totalMs: Math.min(number('tt', 100, 15_000) ?? budgetMs, budgetMs),
    retryCount: number('rc', 0, 5) ?? 1,
    retryPolicy: known.length > 0 ? new Set(known) : DEFAULT_POLICY,
    sni: written.get('sni')?.toLowerCase() !== 'n',
    edges: (written.get('e') ?? '').split(',').filter((edge) => edge !== '').slice(0, 10),
  };
}

const noOverrides = ({ connectTimeoutMs, budgetMs }: OverrideDefaults): ConnectionOverrides => ({
  connectTimeoutMs, readTimeoutMs: budgetMs, totalMs: budgetMs, retryCount: 1, retryPolicy: DEFAULT_POLICY, sni: true, edges: [],
});
