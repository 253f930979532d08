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
  /** Which rooms' metrics are shown; default: all but those of programs beside the gateway. */
  readonly rooms?: readonly string[];
}

/** Rooms that are programs of their own. */
const SIDE_ROOMS: readonly string[] = ['relay'];

/**
 * The metrics of one process. All that it shows is registered at construction, so that a scrape shows zeros, not holes: the first
 * event of a counter that was not there would be no increase for Prometheus, and no alert.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #gauges = new Map<MetricName, Gauge>();
  readonly #histograms = new Map<MetricName, Histogram>();

  constructor(options: MetricsOptions = {}) {
    for (const [key, definition] of Object.entries<MetricDefinition>(METRICS)) {
      const name = key as MetricName;
      const room = key.split('_')[1] ?? '';
      if (options.rooms ? !options.rooms.includes(room) : SIDE_ROOMS.includes(room)) continue;
      const { help, labels } = definition;
      const common = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
      if (definition.kind === 'counter') this.#counters.set(name, atZero(new Counter(common), labels));
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

function atZero(counter: Counter, labels: MetricDefinition['labels']): Counter {
  const combinations = Object.entries(labels).reduce<Record<string, string>[]>(
    (all, [label, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))), [{}]);
  for (const combination of combinations) counter.inc(combination, 0);
  return counter;
}

function fold(name: MetricName, labels: Readonly<Record<string, string>>): Record<string, string> {
  const sets: MetricDefinition['labels'] = METRICS[name].labels;
  return Object.fromEntries(Object.entries(sets).map(([label, values]) => {
    const value = labels[label] ?? 'other';
    return [label, values.includes(value) ? value : 'other'];
  }));
}
