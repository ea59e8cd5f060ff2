// What each kernel costs: bytes per key at most, and work per event on average. A new kernel states its own, or does not
// compile; a test holds the bytes to what the runtime's kernels really take.

import type { DerivedMeta, KernelName } from '../../runtime/contract.ts';

export interface KernelCost {
  /** Bytes per key at most, once the window is full. */
  bytes(meta: DerivedMeta): number;
  /** Samples touched per event on average: each that comes in leaves once. */
  operations(meta: DerivedMeta): number;
}

/** Head, size and running sums of a ring, and its arrays' own heads. */
const ringBytes = 400;

/** Rings grow by doubling, from 8 samples on. */
function ringSamples(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, capacity)));
}

/** Time, value and number of each sample. */
function ring(meta: DerivedMeta): number {
  return ringBytes + 24 * ringSamples(meta.capacity);
}

export const kernelCosts: Readonly<Record<KernelName, KernelCost>> = {
  hold: { bytes: () => 16, operations: () => 1 },
  sum: { bytes: ring, operations: () => 2 },
  min: { bytes: ring, operations: () => 2 },
  max: { bytes: ring, operations: () => 2 },
  increase: { bytes: (meta) => ring(meta) + 8, operations: () => 2 },
};
