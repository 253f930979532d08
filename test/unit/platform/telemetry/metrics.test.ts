import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MetricDefinition, METRICS, Metrics, metricsReference } from '../../../../src/platform/telemetry';

const definitions = Object.entries<MetricDefinition>(METRICS);

describe('the metric catalogue', () => {
  it.each(definitions)('%s is named holdfast_<room>_<what>_<unit>, labelled from closed sets', (name, definition) => {
    expect(name).toMatch(/^holdfast_[a-z]+(_[a-z]+)+$/);
    expect(name.endsWith('_total')).toBe(definition.kind === 'counter');
    expect(definition.kind === 'histogram').toBe(definition.buckets !== undefined);
    expect(definition.help).toMatch(/\.$/);
    for (const values of Object.values(definition.labels)) {
      expect(values.length).toBeGreaterThan(0);
      expect(values).not.toContain('other');
    }
    expect(Object.keys(definition.labels).join(' ')).not.toMatch(/sid|account|call/i);
  });

  it('is what docs/metrics.md says (mend: make docs)', () => {
    expect(readFileSync(join(__dirname, '../../../../docs/metrics.md'), 'utf8')).toBe(metricsReference());
  });
});

describe('every metric', () => {
  it('is fed somewhere outside the catalogue', () => {
    const root = join(__dirname, '../../../../src');
    const sources = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'metrics-catalogue.ts')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
    expect(Object.keys(METRICS).filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});

describe('metrics', () => {
  it('shows every counter as zero before its first event', async () => {
    const text = await new Metrics().text();
    expect(text).toContain('holdfast_queueing_joined_total 0');
    expect(text).toContain('holdfast_signaling_invites_total{outcome="media-down"} 0');
    expect(text).toContain('holdfast_interpreter_verbs_total{verb="Dial",outcome="hangup"} 0');
  });

  it('counts, sets and observes', async () => {
    const metrics = new Metrics();
    metrics.increment('holdfast_calls_ended_total', { result: 'success', reason: 'busy' });
    metrics.increment('holdfast_calls_ended_total', { result: 'success', reason: 'busy' });
    metrics.setGauge('holdfast_calls_active_calls', {}, 4);
    metrics.addToGauge('holdfast_calls_active_calls', {}, -1);
    metrics.observe('holdfast_queueing_wait_seconds', { result: 'bridged' }, 7);
    const text = await metrics.text();
    expect(text).toContain('holdfast_calls_ended_total{result="success",reason="busy"} 2');
    expect(text).toContain('holdfast_calls_active_calls 3');
    expect(text).toContain('holdfast_queueing_wait_seconds_bucket{le="5",result="bridged"} 0');
    expect(text).toContain('holdfast_queueing_wait_seconds_bucket{le="10",result="bridged"} 1');
  });

  it('folds a label value outside its set into other', async () => {
    const metrics = new Metrics();
    metrics.increment('holdfast_queueing_refused_total', { reason: 'CA0123456789' });
    const text = await metrics.text();
    expect(text).toContain('holdfast_queueing_refused_total{reason="other"} 1');
    expect(text).not.toContain('CA0123456789');
  });
});
