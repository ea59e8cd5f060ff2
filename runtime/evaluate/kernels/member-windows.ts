// A kernel whose state is kept per member: each has one of its own, which is thrown away when its number is.

import type { DerivedMeta, HistogramKernel, HistogramPoint, MemberKernel } from '../../contract.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';

export class MemberWindows implements MemberKernel, HistogramKernel, StoredKernel {
  readonly store: ListStore<StoredKernel>;
  readonly #outputs: number;

  constructor(meta: DerivedMeta, create: () => StoredKernel) {
    this.#outputs = meta.outputs.length;
    const { kernel, capacity, agoCapacity, outputs } = meta;
    this.store = new ListStore(JSON.stringify([kernel, capacity, agoCapacity, outputs]), null, {
      create,
      save: (own, to) => own.store.save(0, to),
      load: (own, from) => own.store.load(0, from),
    });
  }

  push(member: number, time: number, value: number, out: Float64Array, at: number): void {
    if (member < 0) this.#unknown(out, at);
    else this.store.of(member).push(0, time, value, out, at);
  }

  observe(member: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    if (member < 0) this.#unknown(out, at);
    else (this.store.of(member) as StoredKernel & HistogramKernel).observe(0, time, point, out, at);
  }

  #unknown(out: Float64Array, at: number): void {
    for (let k = 0; k < this.#outputs; k++) out[at + k] = Number.NaN;
  }

  forget(member: number): void {
    this.store.forget(member);
  }
}
