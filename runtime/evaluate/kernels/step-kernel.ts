// A kernel by its way of taking one sample of one key. The kernels that most policies have write these loops themselves:
// only then is the step part of the loop, and no number goes over the heap.

import type { Batch, RunKernel } from '../../contract.ts';

export abstract class StepKernel<State> implements RunKernel {
  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    this.step(this.state(key), time, value, out, at);
  }

  feed(
    key: number,
    { order, time, derived, derivedWidth }: Batch,
    from: number,
    to: number,
    input: Float64Array,
    width: number,
    slot: number,
    place: number,
  ): void {
    const state = this.state(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.step(state, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  protected abstract state(key: number): State;
  protected abstract step(state: State, time: number, value: number, out: Float64Array, at: number): void;
}
