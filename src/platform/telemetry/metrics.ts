import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricDefinition, type MetricName, METRICS } from './metrics-catalogue';

type NamesOf<Kind extends MetricDefinition['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** Labels of a metric; values are plain text because facts carry text, and are folded into the closed set. */
export type LabelsOf<Name extends MetricName> = { readonly [Label in keyof (typeof METRICS)[Name]['labels']]: string };

export interface MetricsOptions {
  /** Also the runtime's own metrics (process_*, nodejs_*); they observe the event loop, so tests leave them out. */
  readonly runtime?: boolean;
}

/** The metrics of one process. Everything is registered at construction, so that a scrape shows zeros, not holes. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #gauges = new Map<MetricName, Gauge>();
  readonly #histograms = new Map<MetricName, Histogram>();

  constructor(options: MetricsOptions = {}) {
    for (const [key, definition] of Object.entries<MetricDefinition>(METRICS)) {
      const name = key as MetricName;
      const { help, labels } = definition;
      const common = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
      if (definition.kind === 'counter') this.#counters.set(name, new Counter(common));
      else if (definition.kind === 'gauge') this.#gauges.set(name, new Gauge(common));
      else this.#histograms.set(name, new Histogram({ ...common, buckets: [...(definition.buckets ?? [])] }));
    }
    if (options.runtime === true) collectDefaultMetrics({ register: this.#registry });
  }

  readonly contentType = this.#registry.contentType;

  increment<Name extends NamesOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#counters.get(name)?.inc(fold(name, labels), by);
  }

  setGauge<Name extends NamesOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.#gauges.get(name)?.set(fold(name, labels), value);
  }

  /** Adds `by` (may be negative) to a gauge. */
  addToGauge<Name extends NamesOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, by: number): void {
    this.#gauges.get(name)?.inc(fold(name, labels), by);
  }

  /** Records one value in the unit of the metric's name, e.g. seconds for `_seconds`. */
  observe<Name extends NamesOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.#histograms.get(name)?.observe(fold(name, labels), value);
  }

  /** The Prometheus text exposition of everything. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function fold(name: MetricName, labels: Readonly<Record<string, string>>): Record<string, string> {
  const sets: MetricDefinition['labels'] = METRICS[name].labels;
  return Object.fromEntries(Object.entries(sets).map(([label, values]) => {
    const value = labels[label] ?? 'other';
    return [label, values.includes(value) ? value : 'other'];
  }));
}
