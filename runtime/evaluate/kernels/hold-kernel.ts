// The last known value, for as long as it serves.

import type { DerivedMeta, Kernel } from '../../contract.ts';

export class HoldKernel implements Kernel {
  readonly #values: number[] = [];
  readonly #times: number[] = [];
  readonly #widthMs: number;

  constructor(meta: DerivedMeta) {
    this.#widthMs = meta.widthMs;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    for (let k = this.#values.length; k <= key; k++) {
      this.#values.push(Number.NaN);
      this.#times.push(Number.NEGATIVE_INFINITY);
    }
    if (!Number.isNaN(value)) {
      this.#values[key] = value;
      this.#times[key] = time;
      out[at] = value;
    } else {
      out[at] = time - this.#times[key] <= this.#widthMs ? this.#values[key] : Number.NaN;
    }
  }
}
