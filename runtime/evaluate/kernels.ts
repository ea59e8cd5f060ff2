// Incremental history of a key: windows and holds. Nothing is scanned again for an event; memory per key is bounded by
// the kernel's capacity, and the oldest sample leaves early when a window overflows it.

import type { DerivedMeta, Kernel } from '../contract.ts';
import { AcrossMembers } from './kernels/across-members.ts';
import { Attendance } from './kernels/attendance.ts';
import { ChangesKernel } from './kernels/changes-kernel.ts';
import { DelayedKernel } from './kernels/delayed-kernel.ts';
import { EndsKernel } from './kernels/ends-kernel.ts';
import { EwmaKernel } from './kernels/ewma-kernel.ts';
import { ExtremeKernel } from './kernels/extreme-kernel.ts';
import { HistogramWindow } from './kernels/histogram-kernel.ts';
import { HoldKernel } from './kernels/hold-kernel.ts';
import { IncreaseKernel } from './kernels/increase-kernel.ts';
import type { StoredKernel } from './kernels/kernel-store.ts';
import { MemberWindows } from './kernels/member-windows.ts';
import { MergedHistograms } from './kernels/merged-histograms.ts';
import { RankKernel } from './kernels/rank-kernel.ts';
import { RecentKernel } from './kernels/recent-kernel.ts';
import { ShareKernel } from './kernels/share-kernel.ts';
import { SpreadKernel } from './kernels/spread-kernel.ts';
import { SumKernel } from './kernels/sum-kernel.ts';
import { TrendKernel } from './kernels/trend-kernel.ts';

/** Its state is the key's: it takes all members together. */
export function seesAllMembers({ kernel }: DerivedMeta): boolean {
  return kernel === 'across' || kernel === 'merged' || kernel === 'attendance';
}

/** Makes the kernel that a derived entry asks for. `lost` is called whenever a full window loses a value early. */
export function createKernel(meta: DerivedMeta, lost: () => void = () => {}): Kernel {
  return meta.member === undefined || seesAllMembers(meta)
    ? createTimed(meta, lost)
    : new MemberWindows(meta, () => createTimed(meta, lost));
}

function createTimed(meta: DerivedMeta, lost: () => void): StoredKernel {
  const kernel = createPresent(meta, lost);
  return meta.agoMs === 0 ? kernel : new DelayedKernel(meta, lost, kernel);
}

function createPresent(meta: DerivedMeta, lost: () => void): StoredKernel {
  switch (meta.kernel) {
    case 'hold':
      return new HoldKernel(meta);
    case 'sum':
      return meta.outputs.includes('stddev') ? new SpreadKernel(meta, lost) : new SumKernel(meta, lost);
    case 'min':
      return new ExtremeKernel(meta, lost, -1);
    case 'max':
      return new ExtremeKernel(meta, lost, 1);
    case 'ends':
      return new EndsKernel(meta, lost);
    case 'rank':
      return new RankKernel(meta, lost);
    case 'changes':
      return new ChangesKernel(meta, lost);
    case 'increase':
      return new IncreaseKernel(meta, lost);
    case 'trend':
      return new TrendKernel(meta, lost);
    case 'ewma':
      return new EwmaKernel(meta);
    case 'recent':
      return new RecentKernel(meta);
    case 'across':
      return new AcrossMembers(meta);
    case 'attendance':
      return new Attendance(meta);
    case 'histogram':
      return new HistogramWindow(meta, lost);
    case 'merged':
      return new MergedHistograms(meta, lost);
    case 'share':
      return new ShareKernel(meta, lost);
  }
}
