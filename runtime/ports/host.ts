// What this machine says about itself: the only file that imports systeminformation. Each probe fails on its own; none
// is called by anybody but sources/host.ts.

import { availableParallelism, hostname, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { currentLoad, fsSize, mem } from 'systeminformation';

export interface DiskSpace {
  /** Used share of the fullest file system that can be written, 0 to 1. */
  readonly usage: number;
  /** Bytes that are left on it. */
  readonly freeBytes: number;
}

export interface HostProbe {
  readonly hostname: string;
  /** Share of all processors that was busy since the last call, 0 to 1. */
  cpuUsage(): Promise<number>;
  /** Share of memory that is not available to new work, 0 to 1. */
  memoryUsage(): Promise<number>;
  /** Load average over one minute, per processor. NaN where the system knows none (Windows). */
  loadPerCpu(): number;
  /** Slow: runs a program. */
  disk(): Promise<DiskSpace>;
  /** 99th percentile, since the call before the last, of how late this process's event loop was, milliseconds. */
  eventLoopDelayMs(): number;
  close(): void;
}

export interface ProcessUsage {
  /** Processors that this process kept busy since the last call, 1 for one of them. */
  cpuUsage(): number;
  memoryBytes(): number;
}

export function systemProcessUsage(): ProcessUsage {
  let last = process.cpuUsage();
  let lastMs = performance.now();
  return {
    cpuUsage() {
      const [used, nowMs] = [process.cpuUsage(), performance.now()];
      const busyMs = (used.user - last.user + used.system - last.system) / 1_000;
      const passedMs = nowMs - lastMs;
      [last, lastMs] = [used, nowMs];
      return passedMs <= 0 ? 0 : busyMs / passedMs;
    },
    memoryBytes: () => process.memoryUsage.rss(),
  };
}

/** File systems that are always full, or that are memory or the kernel's. */
const unreal = new Set([
  'squashfs',
  'iso9660',
  'udf',
  'tmpfs',
  'devtmpfs',
  'ramfs',
  'proc',
  'sysfs',
  'efivarfs',
  'autofs',
  'cdfs',
  'devfs',
  'nullfs',
]);
/** A hundred readings in two seconds: the percentile sees a single long delay. */
const resolutionMs = 20;

export function systemHostProbe(): HostProbe {
  // A histogram that is reset forgets the delay under way, such as that of the turn which asks. Two that are reset in
  // turn lose nothing.
  const delays = [
    monitorEventLoopDelay({ resolution: resolutionMs }),
    monitorEventLoopDelay({ resolution: resolutionMs }),
  ];
  for (const delay of delays) delay.enable();
  return {
    hostname: hostname(),
    cpuUsage: async () => (await currentLoad()).currentLoad / 100,
    async memoryUsage() {
      const { available, total } = await mem();
      return 1 - available / total;
    },
    loadPerCpu: () => (process.platform === 'win32' ? Number.NaN : loadavg()[0] / availableParallelism()),
    async disk() {
      const real = (await fsSize()).filter(
        ({ type, size, rw }) => size > 0 && rw !== false && !unreal.has(type.toLowerCase()),
      );
      if (real.length === 0) throw new Error('no file system that can be written was found');
      const fullest = real.reduce((left, right) => (right.use > left.use ? right : left));
      return { usage: fullest.use / 100, freeBytes: fullest.available };
    },
    eventLoopDelayMs() {
      const delay = delays[0];
      // The histogram holds the time between two ticks of a timer, its period included.
      const delayMs = delay.count === 0 ? Number.NaN : Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
      delay.reset();
      delays.reverse();
      return delayMs;
    },
    close() {
      for (const delay of delays) delay.disable();
    },
  };
}
