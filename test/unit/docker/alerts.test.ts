import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type MetricDefinition, METRICS, Metrics } from '../../../src/platform/telemetry';

const root = join(__dirname, '..', '..', '..');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}
const rules = (parse(text('docker/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

/** Exit status and words of promtool (Debian's package prometheus), or undefined where it is not installed. */
const promtool = (...args: string[]): { status: number | null; stderr: string } | undefined => {
  const run = spawnSync('promtool', args, { cwd: root, encoding: 'utf8' });
  return run.error === undefined ? { status: run.status, stderr: run.stderr } : undefined;
};
const hasPromtool = promtool('--version') !== undefined;

describe('the alert rules', () => {
  it.each(rules)('$alert asks only for metrics and labels that a gateway has', async ({ expr }) => {
    const exposed = await new Metrics({ runtime: true }).text();
    const asked = [...expr.matchAll(/\b((?:holdfast|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
    expect(asked.length + (/\bup\b/.exec(expr)?.length ?? 0)).toBeGreaterThan(0);
    for (const [, series = '', selectors = ''] of asked) {
      expect(exposed).toMatch(new RegExp(`^# TYPE ${series.replace(/_bucket$/, '')} `, 'm'));
      const labels = (METRICS as Record<string, MetricDefinition>)[series]?.labels ?? {};
      for (const [, label = '', values = ''] of selectors.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        if (label !== 'job') expect(labels[label]).toEqual(expect.arrayContaining(values.split('|')));
      }
    }
  });

  it('are those that docs/operations.md says to watch', () => {
    const watched = [...text('docs/operations.md').matchAll(/^\| `(\w+)` \| (?:page|ticket) \|/gm)].map(([, name]) => name);
    expect(watched).toEqual(rules.map(({ alert }) => alert));
  });

  it('are read by the Prometheus of the stack, from every port that a gateway may take', () => {
    const prometheus = parse(text('docker/prometheus.yml')) as
      { rule_files: string[]; scrape_configs: { static_configs: { targets: string[] }[] }[] };
    expect(prometheus.rule_files).toEqual(['alerts.yml']);
    const tries = Number(/HOLDFAST_HTTP_PORT_TRIES: '(\d+)'/.exec(text('docker/compose.yaml'))?.[1]);
    const ports = Array.from({ length: tries }, (_, index) => `127.0.0.1:${3000 + index}`);
    expect(prometheus.scrape_configs[0]?.static_configs[0]?.targets).toEqual(ports);
  });

  const whyNot = hasPromtool ? '' : ' (skipped: promtool, of the package prometheus, is not installed)';
  (hasPromtool ? it : it.skip)(`are taken by promtool, each fires, and none in a quiet installation${whyNot}`, () => {
    expect(promtool('check', 'config', 'docker/prometheus.yml')).toEqual({ status: 0, stderr: '' });
    expect(promtool('test', 'rules', 'test/unit/docker/alerts.played.yml')).toEqual({ status: 0, stderr: '' });
    expect(rules.filter(({ alert }) => !text('test/unit/docker/alerts.played.yml').includes(`alertname="${alert}"`))).toEqual([]);
  });
});
