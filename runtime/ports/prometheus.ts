// Metrics in Prometheus's text form: the only file that imports prom-client. A label takes a bounded number of values;
// beyond it `(other)` stands for the rest, so that no telemetry can make a scrape grow without end.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface CountMetric {
  add(count: number, labels?: Labels): void;
}

export interface TimeMetric {
  /** `seconds`: how long it took. */
  observe(seconds: number, labels?: Labels): void;
}

/** Called at each scrape; `set` once for each label set. */
export type ReadGauge = (set: (value: number, labels?: Labels) => void) => void;

export interface Meter {
  counter(name: string, help: string, labels?: readonly string[]): CountMetric;
  histogram(name: string, help: string, bucketsSeconds: readonly number[], labels?: readonly string[]): TimeMetric;
  gauge(name: string, help: string, labels: readonly string[], read: ReadGauge): void;
  /** What a scrape answers. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Values that one label takes at most. */
const labelValuesMax = 2_000;
const otherValue = '(other)';

export function createMeter(): Meter {
  const registry = new Registry();
  const registers = [registry];
  return {
    counter(name, help, labels = []) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers });
      const bound = boundedLabels();
      return { add: (count, of = {}) => counter.inc(bound(of), count) };
    },
    histogram(name, help, buckets, labels = []) {
      const histogram = new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers });
      const bound = boundedLabels();
      return { observe: (seconds, of = {}) => histogram.observe(bound(of), seconds) };
    },
    gauge(name, help, labels, read) {
      const bound = boundedLabels();
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        collect() {
          this.reset();
          // Of a gauge without labels `reset` leaves a zero, which a reader that knows nothing must not report.
          if (labels.length === 0) this.remove();
          read((value, of = {}) => this.set(bound(of), value));
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function boundedLabels(): (labels: Labels) => Record<string, string> {
  const known = new Map<string, Set<string>>();
  return (labels) => {
    const bounded: Record<string, string> = {};
    for (const [name, value] of Object.entries(labels)) {
      const values = known.get(name) ?? new Set();
      known.set(name, values);
      if (values.size < labelValuesMax) values.add(value);
      bounded[name] = values.has(value) ? value : otherValue;
    }
    return bounded;
  };
}
