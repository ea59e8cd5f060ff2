// What kernels over a window have in common: a ring of samples per key, cut off at the window's old end and at its
// capacity, and outputs in an agreed order.

import type { DerivedMeta, DerivedOutput } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { loadSamples, type Ring, saveSamples } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

export abstract class WindowKernel<State extends Ring> extends StepKernel<State> implements StoredKernel {
  readonly store: ListStore<State>;
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #lost: () => void;
  protected readonly outputs: readonly DerivedOutput[];

  /** `name` says whose states are alike. `lost` is called when a sample leaves because the window is full. */
  constructor(name: string, meta: DerivedMeta, lost: () => void, create: () => State) {
    super();
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.outputs = meta.outputs;
    this.#lost = lost;
    this.store = new ListStore(`${name} of ${meta.capacity}`, null, {
      create,
      save: (ring, to) => this.save(ring, to),
      load: (ring, from) => this.load(ring, from, meta.capacity),
    });
  }

  protected override state(key: number): State {
    return this.store.of(key);
  }

  protected override step(ring: State, time: number, value: number, out: Float64Array, at: number): void {
    const cut = time - this.#widthMs;
    while (ring.size > 0 && ring.oldestTime <= cut) this.drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        this.drop(ring);
        this.#lost();
      }
      this.take(ring, time, value);
    }
    this.write(ring, time, out, at);
  }

  protected save(ring: State, to: StateWriter): void {
    saveSamples(ring, to);
  }

  /** Makes what follows from the samples anew. */
  protected load(ring: State, from: StateReader, capacity: number): void {
    loadSamples(ring, from, capacity);
  }

  /** Takes the oldest sample out. */
  protected abstract drop(ring: State): void;
  protected abstract take(ring: State, time: number, value: number): void;
  /** Writes the outputs; `time` is the window's end. */
  protected abstract write(ring: State, time: number, out: Float64Array, at: number): void;
}
