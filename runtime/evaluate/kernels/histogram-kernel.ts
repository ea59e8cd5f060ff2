// How a distribution grew in a window of a key's own.

import type { DerivedMeta, DerivedOutput, HistogramKernel, HistogramPoint } from '../../contract.ts';
import { Distribution } from './distribution.ts';
import { HistogramHistory } from './histogram-history.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { finite } from './ring.ts';

interface State {
  readonly grown: Distribution;
  readonly history: HistogramHistory;
}

export class HistogramWindow implements HistogramKernel, StoredKernel {
  readonly store: ListStore<State>;
  readonly #meta: DerivedMeta;
  readonly #lost: () => void;

  /** `lost` is called when a point leaves because the window is full. */
  constructor(meta: DerivedMeta, lost: () => void) {
    this.#meta = meta;
    this.#lost = lost;
    this.store = new ListStore(`histogram of ${meta.capacity}`, null, {
      create: createState,
      save: ({ history }, to) => history.save(to),
      load: ({ history }, from) => history.load(from, meta.capacity),
    });
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    this.observe(key, time, null, out, at);
  }

  observe(key: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    const { grown, history } = this.store.of(key);
    const cut = time - this.#meta.widthMs;
    while (history.size > 0 && history.oldestTime <= cut) history.drop();
    if (point !== null) {
      if (history.size === this.#meta.capacity) {
        history.drop();
        this.#lost();
      }
      history.take(time, point);
    }
    const { outputs } = this.#meta;
    for (let k = 0; k < outputs.length; k++) {
      const output = outputs[k];
      if (history.size < 2) out[at + k] = Number.NaN;
      else out[at + k] = output === 'rate' ? rateOf(history) : grownOutput(grown, output);
    }
  }
}

function createState(): State {
  const grown = new Distribution();
  return { grown, history: new HistogramHistory(grown) };
}

/** Observations per second between the first and the last point. */
export function rateOf(history: HistogramHistory): number {
  return finite((history.count * 1000) / (history.newestTime - history.oldestTime));
}

/** Any output but `rate`, which needs times. */
export function grownOutput(grown: Distribution, output: DerivedOutput): number {
  if (output === 'count') return grown.count;
  if (output === 'sum') return finite(grown.sum());
  if (output === 'avg') return finite(grown.sum() / grown.count);
  return grown.quantile(Number(output.slice('quantile '.length)));
}
