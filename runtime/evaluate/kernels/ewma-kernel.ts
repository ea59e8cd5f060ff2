// The mean that forgets exponentially. Two of them run for each key, the younger one since the present block of time
// began, the older one since the block before: the older one's result never rests on more than two blocks, so a value
// that was found from the log again is the same, bit for bit.

import type { DerivedMeta } from '../../contract.ts';
import { NumberStore, type StoredKernel } from './kernel-store.ts';
import { StepKernel } from './step-kernel.ts';

/** A block is so many time constants; what lies a block back weighs less than 3·10⁻⁹. */
const constantsPerBlock = 20;

/** Per key: block, time of the last sample, younger mean, older mean. */
const stride = 4;

export class EwmaKernel extends StepKernel<number> implements StoredKernel {
  readonly store = new NumberStore('ewma', stride);
  readonly #constantMs: number;
  readonly #blockMs: number;

  constructor(meta: DerivedMeta) {
    super();
    this.#constantMs = meta.widthMs;
    this.#blockMs = meta.widthMs * constantsPerBlock;
  }

  protected override state(key: number): number {
    return this.store.of(key);
  }

  protected override step(base: number, time: number, value: number, out: Float64Array, at: number): void {
    const { states } = this.store;
    const elapsedMs = time - states[base + 1];
    const current = elapsedMs <= this.#blockMs;
    if (!Number.isNaN(value)) {
      const block = Math.floor(time / this.#blockMs);
      if (!current) {
        states[base + 2] = Number.NaN;
        states[base + 3] = Number.NaN;
      } else if (block > states[base]) {
        states[base + 3] = states[base + 2];
        states[base + 2] = Number.NaN;
      }
      const part = 1 - Math.exp(-elapsedMs / this.#constantMs);
      states[base] = block;
      states[base + 1] = time;
      states[base + 2] = moved(states[base + 2], value, part);
      states[base + 3] = moved(states[base + 3], value, part);
      out[at] = states[base + 3];
    } else out[at] = current ? states[base + 3] : Number.NaN;
  }
}

/** The first value starts the mean. */
function moved(mean: number, value: number, part: number): number {
  if (Number.isNaN(mean)) return value;
  const next = mean + part * (value - mean);
  // Two values may lie further apart than numbers reach; what lies between them does not.
  return next - next === 0 ? next : mean * (1 - part) + value * part;
}
