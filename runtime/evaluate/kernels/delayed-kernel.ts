// A window that ended some time ago: samples wait until they are old enough and go into a kernel of the present then.

import type { DerivedMeta, Kernel } from '../../contract.ts';
import { Ring, stateOf } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

class Waiting extends Ring {
  readonly key: number;

  constructor(key: number) {
    super();
    this.key = key;
  }
}

export class DelayedKernel extends StepKernel<Waiting> {
  readonly #waiting: (Waiting | null)[] = [];
  readonly #inner: Kernel;
  readonly #agoMs: number;
  readonly #capacity: number;
  /** Takes results that nobody reads. */
  readonly #ignored: Float64Array;

  constructor(meta: DerivedMeta, inner: Kernel) {
    super();
    this.#inner = inner;
    this.#agoMs = meta.agoMs;
    this.#capacity = meta.agoCapacity;
    this.#ignored = new Float64Array(meta.outputs.length);
  }

  protected override state(key: number): Waiting {
    return this.#waiting[key] ?? stateOf(this.#waiting, key, () => new Waiting(key));
  }

  protected override step(ring: Waiting, time: number, value: number, out: Float64Array, at: number): void {
    const { key } = ring;
    const end = time - this.#agoMs;
    while (ring.size > 0 && ring.oldestTime <= end) {
      this.#inner.push(key, ring.oldestTime, ring.oldest, this.#ignored, 0);
      ring.shift();
    }
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) ring.shift();
      ring.append(time, value);
    }
    this.#inner.push(key, end, Number.NaN, out, at);
  }
}
