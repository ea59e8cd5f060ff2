// Every small change of the library's policies is told as one, and what is called wider or narrower behaves so: on the
// library's own tests a wider condition fires no later, a narrower one no earlier.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutantsOf } from '../../cli/mutate/mutants.ts';
import { sample } from '../../cli/mutate/mutate.ts';
import { createEvaluator } from '../../cli/program.ts';
import { loadProject } from '../../cli/project.ts';
import { replayTest } from '../../cli/test-runner.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { TestPlan } from '../../compiler/4-lower/test-plan.ts';
import { analyse, lowerParsed } from '../../compiler/analyse.ts';
import { diffPrograms } from '../../compiler/diff/diff-programs.ts';

const mutantsMax = 100;
const root = join(import.meta.dirname, '../..');

/** By policy and key: when it first fires. */
function firstFirings(plan: TestPlan, ir: ProgramIr): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { policy, key, at } of replayTest(plan, createEvaluator(ir, 'generated')).decisions) {
    const name = `${policy} ${key}`;
    if (!first.has(name)) first.set(name, at);
  }
  return first;
}

test.each(['policies/service', 'policies/kubernetes', 'policies/cloud', 'policies/host'])(
  '%s',
  { timeout: 120_000 },
  (folder) => {
    const { sources, ir, testPlans } = analyse(loadProject(folder, root).files);
    if (ir === null) throw new Error(`${folder} does not compile`);
    const hashes = new Map(ir.policies.map(({ meta }) => [meta.name, meta.hash]));
    let told = 0;
    let directed = 0;
    for (const mutant of sample(mutantsOf(sources), mutantsMax, 1)) {
      const changed = lowerParsed(mutant.sources());
      if (changed === null) continue;
      const policies = changed.policies.filter(({ meta }) => hashes.get(meta.name) !== meta.hash);
      const names = new Set(policies.map(({ meta }) => meta.name));
      const base = { ...ir, policies: ir.policies.filter(({ meta }) => names.has(meta.name)) };
      const head = { ...changed, fleets: ir.fleets, policies };
      const { policies: items, classes } = diffPrograms(base, head);
      const what = `${mutant.before} → ${mutant.after}`;
      // One change of one policy: each policy whose hash differs is told, and with more than "safe" unless it is.
      expect(items.map(({ name }) => name).sort(), what).toEqual([...names].sort());
      if (names.size === 0) continue;
      told++;
      const parts = items.flatMap(({ changes }) => changes.map(({ part }) => part));
      const onCondition = parts.every((part) => part === 'when' || part === 'where');
      const [wider, narrower] = [classes.includes('wider'), classes.includes('narrower')];
      if (!onCondition || wider === narrower || classes.includes('opposite')) continue;
      directed++;
      for (const plan of testPlans) {
        const before = firstFirings(plan, base);
        const after = firstFirings(plan, head);
        const [sooner, later] = wider ? [after, before] : [before, after];
        for (const [key, at] of later)
          expect(sooner.get(key) ?? Number.POSITIVE_INFINITY, `${what}: ${plan.name}`).toBeLessThanOrEqual(at);
      }
    }
    expect(told).toBeGreaterThan(40);
    expect(directed).toBeGreaterThan(10);
  },
);
