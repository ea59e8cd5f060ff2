// What a program costs at most, held to what the runtime's kernels really take.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { programCost } from '../../compiler/cost/cost.ts';
import { kernelBytes, kernelNames } from '../../compiler/cost/kernel-costs.ts';
import type { AcrossKernel, DerivedMeta, Kernel, KernelName } from '../../runtime/contract.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';
import { schemaText } from '../support/scratch.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const capacity = 1024;
const keys = 300;

const outputsOf: Readonly<Record<KernelName, DerivedMeta['outputs']>> = {
  hold: ['value'],
  sum: ['avg', 'stddev'],
  min: ['value'],
  max: ['value'],
  ends: ['delta'],
  rank: ['quantile 0.99'],
  changes: ['changes'],
  increase: ['rate'],
  trend: ['slope'],
  ewma: ['value'],
  recent: ['sum'],
  share: ['avg'],
  across: ['avg', 'quantile 0.99'],
  attendance: ['value'],
  histogram: ['quantile 0.99'],
  merged: ['quantile 0.99'],
};

function metaOf(kernel: KernelName, agoMs: number): DerivedMeta {
  return {
    kernel,
    widthMs: capacity * 1000,
    capacity,
    agoMs,
    agoCapacity: agoMs === 0 ? 0 : capacity,
    gapMs: kernel === 'recent' || kernel === 'share' ? 5000 : 0,
    outputs: outputsOf[kernel],
    label: kernel,
  };
}

/** Bytes per key that a kernel keeps whose windows are full. */
async function measuredBytes(meta: DerivedMeta): Promise<number> {
  const used = async (): Promise<number> => {
    // What arrays held is given back a moment after they are collected.
    for (let round = 0; round < 4; round++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const out = new Float64Array(4);
  const kept: Kernel[] = [];
  const before = await used();
  const made = createKernel(meta);
  kept.push(made);
  for (let key = 0; key < keys; key++) {
    for (let at = 0; at < 2 * capacity; at++) {
      // A minimum keeps what rises, a maximum what falls.
      const value = meta.kernel === 'max' ? -at : at;
      if (meta.kernel === 'across' || meta.kernel === 'attendance') {
        const taken = meta.kernel === 'across' ? value * 1.1 : at;
        (made as AcrossKernel).take(key, key * capacity + (at % capacity), at * 1000, taken);
      }
      made.push(key, at * 1000, value * 1.1, out, 0);
    }
  }
  const bytes = ((await used()) - before) / keys;
  expect(kept).toHaveLength(1);
  return bytes;
}

describe('kernels', () => {
  test.each(
    kernelNames
      .flatMap(
        (kernel) =>
          [
            [kernel, 0],
            [kernel, capacity * 1000],
          ] as const,
      )
      // What members have in common is never that of some time ago; what a histogram takes, its sender decides.
      .filter(
        ([kernel, agoMs]) =>
          kernel !== 'histogram' &&
          kernel !== 'merged' &&
          ((kernel !== 'across' && kernel !== 'attendance') || agoMs === 0),
      ),
  )('%s, %i ms ago, takes no more than it states, and not much less', async (kernel, agoMs) => {
    const meta = metaOf(kernel, agoMs);
    // What else happens on the heap meanwhile, such as code that is compiled, hits one measurement and not all of them.
    const measured = [await measuredBytes(meta), await measuredBytes(meta), await measuredBytes(meta)];
    expect(Math.min(...measured)).toBeLessThan(kernelBytes(meta, 1) * 1.02 + 150);
    expect(Math.max(...measured)).toBeGreaterThan(kernelBytes(meta, 1) / 3 - 1000);
  });
});

function costOf(policies: string) {
  const { ir, diagnostics } = analyse([{ file: 'a.ddl', text: `${schemaText}\n${policies}` }]);
  if (ir === null) throw new Error(JSON.stringify(diagnostics));
  return programCost(ir);
}

const policy = (name: string, when: string): string =>
  `policy ${name} {\n  on service\n  when ${when}\n  do notify("x")\n  cooldown 1m\n}\n`;

test('state slots, windows, look-back', () => {
  const { policies } = costOf(
    policy('plain', 'latency > 500ms') +
      policy('lasting', 'latency > 500ms for 10m') +
      policy('mean', 'avg(latency over 30m) > 500ms'),
  );
  // Active and last fired.
  expect(policies[0]).toMatchObject({ policy: 'plain', bytesPerKey: 16, lookBackMs: 60_000 });
  // A timer has two slots more, and depends on what lies `stale after` before it.
  expect(policies[1]).toMatchObject({ policy: 'lasting', bytesPerKey: 32, lookBackMs: 610_000 });
  expect(policies[2]).toMatchObject({ policy: 'mean', lookBackMs: 1_800_000 });
  // 1,802 samples of a second each, in a ring of 2,048.
  expect(policies[2]?.bytesPerKey).toBe(16 + 500 + 16 * 2048);
});

test('equal windows of two policies are kept once', () => {
  const alone = costOf(policy('one', 'avg(latency over 5m) > 500ms'));
  const { policies, schemas, most } = costOf(
    policy('one', 'avg(latency over 5m) > 500ms') + policy('two', 'avg(latency over 5m) > 900ms'),
  );
  expect(policies[1]?.bytesPerKey).toBe(policies[0]?.bytesPerKey);
  expect(schemas).toHaveLength(1);
  expect(schemas[0]).toMatchObject({ policies: 2, windows: 1, bytesPerKey: most.bytesPerKey });
  expect(schemas[0]?.bytesPerKey).toBe((alone.schemas[0]?.bytesPerKey ?? 0) + 16);
});

test('more conditions are more operations', () => {
  const { policies } = costOf(
    policy('one', 'latency > 500ms') + policy('two', 'latency > 500ms and (latency < 900ms or latency * 2 > 3s)'),
  );
  expect(policies[0]?.operationsPerEvent).toBe(2);
  expect(policies[1]?.operationsPerEvent).toBe(9);
});
