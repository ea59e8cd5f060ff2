// This machine as a source: what it sends, what it does when a probe fails, and that the real probes work.

import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../runtime/ports/clock.ts';
import { type HostProbe, systemHostProbe } from '../../runtime/ports/host.ts';
import { manualTimers } from '../../runtime/ports/timers.ts';
import { startHostSource } from '../../runtime/sources/host.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const host = schemaMeta('host', {
  key: tagMeta('host'),
  metrics: [
    metricMeta('cpu_usage'),
    metricMeta('memory_usage'),
    metricMeta('load_per_cpu'),
    metricMeta('disk_usage'),
    metricMeta('disk_free'),
    metricMeta('event_loop_delay', { divide: 1000 }),
  ],
});

function start(more: Partial<HostProbe> = {}) {
  const clock = manualClock(1_700_000_000_000);
  const timers = manualTimers((ms) => clock.advance(ms));
  const probe = intakeProbe(programMeta([host, schemaMeta('other')]));
  const problems: string[] = [];
  let diskReads = 0;
  let closed = false;
  const source = startHostSource({
    intake: () => probe.intake,
    clock,
    timers,
    probe: {
      hostname: 'box-1',
      cpuUsage: async () => 0.5,
      memoryUsage: async () => 0.25,
      loadPerCpu: () => 1.5,
      disk: async () => {
        diskReads++;
        return { usage: 0.9, freeBytes: 1e9 };
      },
      eventLoopDelayMs: () => 20,
      close: () => {
        closed = true;
      },
      ...more,
    },
    onRow: () => {},
    onProblem: (message) => problems.push(message),
  });
  /** Lets seconds pass, and between them whatever was asked be answered. */
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second++) {
      timers.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ...probe, source, timers, problems, seconds, diskReads: () => diskReads, closed: () => closed };
}

describe('host source', () => {
  test('one row a second, the disk every ten', async () => {
    const it = start();
    await it.seconds(21);
    const rows = it.rows();
    expect(rows).toHaveLength(21);
    expect(rows[1]).toMatchObject({
      schema: 'host',
      time: 1_700_000_002_000,
      key: 'box-1',
      lacks: 0,
      values: {
        cpu_usage: 0.5,
        memory_usage: 0.25,
        load_per_cpu: 1.5,
        disk_usage: 0.9,
        disk_free: 1e9,
        event_loop_delay: 0.02,
      },
    });
    expect(it.diskReads()).toBe(3);
    it.source.close();
    await it.seconds(3);
    expect(it.rows()).toHaveLength(21);
    expect(it.closed()).toBe(true);
    expect(it.timers.pending).toBe(0);
  });

  test('a probe that fails makes its metric unknown, is reported once, and again after it had recovered', async () => {
    let broken = true;
    const it = start({
      memoryUsage: async () => {
        if (broken) throw new Error('no /proc');
        return 0.5;
      },
      loadPerCpu: () => Number.NaN,
    });
    await it.seconds(3);
    expect(it.problems).toEqual(["the host's `memory_usage` can't be read and is unknown until it can: no /proc"]);
    expect(it.rows()[2]).toMatchObject({
      lacks: 0,
      values: { cpu_usage: 0.5, memory_usage: Number.NaN, load_per_cpu: Number.NaN },
    });
    broken = false;
    await it.seconds(1);
    expect(it.rows()[3].values.memory_usage).toBe(0.5);
    broken = true;
    await it.seconds(2);
    expect(it.problems).toHaveLength(2);
  });

  test('a disk that hangs holds up nothing, and its last reading serves for 30 seconds', async () => {
    let reads = 0;
    const it = start({
      disk: () => (reads++ === 0 ? Promise.resolve({ usage: 0.7, freeBytes: 1 }) : new Promise(() => {})),
    });
    await it.seconds(40);
    const usage = it.rows().map((row) => row.values.disk_usage);
    expect(usage).toHaveLength(40);
    expect(usage[29]).toBe(0.7);
    expect(usage[35]).toBeNaN();
    expect(reads).toBe(2);
  });

  test('a slow probe makes rows fewer, not later', async () => {
    let release = (): void => {};
    const it = start({
      cpuUsage: () =>
        new Promise((resolve) => {
          release = () => resolve(1);
        }),
    });
    await it.seconds(5);
    expect(it.rows()).toHaveLength(0);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(it.rows()).toHaveLength(1);
  });

  test('without the schema it says what to declare', () => {
    const probe = intakeProbe(programMeta([schemaMeta('other')]));
    const clock = manualClock(0);
    expect(() =>
      startHostSource({
        intake: () => probe.intake,
        clock,
        timers: manualTimers(),
        probe: {} as HostProbe,
        onRow: () => {},
        onProblem: () => {},
      }),
    ).toThrow('declare it with the key `host`');
  });
});

test('the real probes of this machine', async () => {
  const probe = systemHostProbe();
  try {
    await probe.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stop = performance.now() + 150;
    while (performance.now() < stop);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const share of [await probe.cpuUsage(), await probe.memoryUsage(), (await probe.disk()).usage]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect((await probe.disk()).freeBytes).toBeGreaterThanOrEqual(0);
    expect(probe.loadPerCpu()).toBeGreaterThanOrEqual(0);
    expect(probe.eventLoopDelayMs()).toBeGreaterThan(100);
    expect(probe.hostname).toBe(hostname());
  } finally {
    probe.close();
  }
});
