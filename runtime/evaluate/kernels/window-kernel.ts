// What kernels over a window have in common: a ring of samples per key, cut off at the window's old end and at its
// capacity, and outputs in an agreed order.

import type { DerivedMeta, DerivedOutput } from '../../contract.ts';
import { type Ring, stateOf } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

export abstract class WindowKernel<State extends Ring> extends StepKernel<State> {
  readonly #states: (State | null)[] = [];
  readonly #create: () => State;
  readonly #widthMs: number;
  readonly #capacity: number;
  protected readonly outputs: readonly DerivedOutput[];

  constructor(meta: DerivedMeta, create: () => State) {
    super();
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.outputs = meta.outputs;
    this.#create = create;
  }

  protected override state(key: number): State {
    return this.#states[key] ?? stateOf(this.#states, key, this.#create);
  }

  protected override step(ring: State, time: number, value: number, out: Float64Array, at: number): void {
    const cut = time - this.#widthMs;
    while (ring.size > 0 && ring.oldestTime <= cut) this.drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) this.drop(ring);
      this.take(ring, time, value);
    }
    this.write(ring, time, out, at);
  }

  /** Takes the oldest sample out. */
  protected abstract drop(ring: State): void;
  protected abstract take(ring: State, time: number, value: number): void;
  /** Writes the outputs; `time` is the window's end. */
  protected abstract write(ring: State, time: number, out: Float64Array, at: number): void;
}
