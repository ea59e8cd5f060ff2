// What each kernel costs: bytes per key at most, and work per event on average. A new kernel states its own, or does not
// compile; a test holds the bytes to what the runtime's kernels really take.

import type { DerivedMeta, KernelName } from '../../runtime/contract.ts';

interface KernelCost {
  /** Bytes per key at most, once the window is full. */
  bytes(meta: DerivedMeta): number;
  /** Samples and sums touched per event on average: each sample that comes in leaves once. */
  operations(meta: DerivedMeta): number;
}

/** A ring's head, size and sums, and its arrays' own heads. */
const ringBytes = 500;
const doubleBytes = 8;
/** A sum without rounding: doubles that do not overlap cover the whole range with this many at most. */
const exactSumBytes = 100 + doubleBytes * 64;
/** Numbers moved by one step of the processor when room is made among sorted ones. */
const movedAtOnce = 8;
/** Sorted numbers are kept in pieces of so many. */
const pieceMax = 512;

/** Rings grow by doubling, from 8 samples on. */
function ringSamples(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, capacity)));
}

/** `columns`: doubles per sample; time and value are two. */
function ring(capacity: number, columns = 2): number {
  return ringBytes + columns * doubleBytes * ringSamples(capacity);
}

function window(moreBytes: number, operations: number, columns = 2): KernelCost {
  return { bytes: ({ capacity }) => ring(capacity, columns) + moreBytes, operations: () => operations };
}

const kernelCosts: Readonly<Record<KernelName, KernelCost>> = {
  hold: { bytes: () => 2 * doubleBytes, operations: () => 1 },
  sum: {
    bytes: ({ capacity, outputs }) => ring(capacity) + (outputs.includes('stddev') ? 2 * exactSumBytes : 0),
    operations: ({ outputs }) => (outputs.includes('stddev') ? 12 : 2),
  },
  // Beside time and value its number: which samples may still become the extreme.
  min: window(0, 2, 3),
  max: window(0, 2, 3),
  ends: window(0, 2),
  rank: {
    // The values once more, in order of size; its pieces are at least half full.
    bytes: ({ capacity }) => ring(capacity) + 2 * doubleBytes * ringSamples(capacity) + 100,
    operations: ({ capacity }) =>
      2 * Math.ceil(Math.log2(capacity + 1)) + Math.ceil(Math.min(capacity, pieceMax) / movedAtOnce),
  },
  changes: window(0, 2),
  increase: window(0, 2),
  trend: window(4 * exactSumBytes, 20),
  ewma: { bytes: () => 2 * 4 * doubleBytes, operations: () => 4 },
  across: {
    // Per member its value, its time and its neighbours, in arrays that are at least half full; the values once more when
    // order matters.
    bytes: ({ capacity, outputs }) =>
      ringBytes + exactSumBytes + capacity * (50 + (outputs.some(isOrdered) ? 4 * doubleBytes : 0)),
    operations: ({ capacity, outputs }) =>
      8 +
      (outputs.some(isOrdered) ? 2 * Math.ceil(Math.log2(capacity + 1)) : 0) +
      (outputs.includes('stddev') ? capacity : 0),
  },
  attendance: {
    // Per member its tag's value, its time and its neighbours, and where all that is found.
    bytes: ({ capacity }) => ringBytes + capacity * 100,
    operations: () => 6,
  },
  histogram: {
    // Each point keeps its buckets while it is in the window: as many as an SDK sends by default, up to 160.
    bytes: ({ capacity }) => ring(capacity) + exactSumBytes + capacity * (200 + 3 * doubleBytes * 160),
    operations: ({ outputs }) => 4 * 160 + (outputs.some(isOrdered) ? 160 : 0),
  },
  merged: {
    // Per member as above, and when each of its points came; and the buckets of all.
    bytes: ({ capacity }) => ring(2 * capacity) + 2 * exactSumBytes + capacity * (200 + 3 * doubleBytes * 160),
    operations: ({ outputs }) => 4 * 160 + 4 + (outputs.some(isOrdered) ? 160 : 0),
  },
  recent: window(0, 2),
  share: window(0, 2),
};

function isOrdered(output: DerivedMeta['outputs'][number]): boolean {
  return output === 'least' || output === 'greatest' || output.startsWith('quantile ');
}

/** Bytes per key at most, of all its members together. A window that ended some time ago keeps what waits to be old enough. */
export function kernelBytes(meta: DerivedMeta, membersMost: number): number {
  const own = kernelCosts[meta.kernel].bytes(meta) + (meta.agoMs === 0 ? 0 : ring(meta.agoCapacity));
  return meta.member === undefined || meta.kernel === 'across' || meta.kernel === 'attendance'
    ? own
    : own * membersMost;
}

export function kernelOperations(meta: DerivedMeta): number {
  return kernelCosts[meta.kernel].operations(meta) + (meta.agoMs === 0 ? 0 : 2);
}

/** Every kernel that there is. */
export const kernelNames = Object.keys(kernelCosts) as readonly KernelName[];
