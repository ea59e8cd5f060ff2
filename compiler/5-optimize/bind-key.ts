// A policy whose `where` pins the key is judged for rows of that key only: the test moves into the dispatch index, and out of the policy's windows.

import type { BooleanIr, PolicyIr } from '../4-lower/ir.ts';

export function bindKey(policy: PolicyIr): PolicyIr {
  if (policy.where === null) return policy;
  const pin = testsOf(policy.where).find(isKeyTest);
  if (pin === undefined) return policy;
  return {
    ...policy,
    where: without(policy.where, pin),
    // Windows are fed for the keys of those who read them, so one serves policies of different keys.
    derived: policy.derived.map((entry) => ({
      ...entry,
      where: entry.where === null ? null : without(entry.where, pin),
    })),
    meta: { ...policy.meta, onlyKey: pin.value },
  };
}

/** The same test for rows of the pinned key. */
function without(where: BooleanIr, pin: KeyTest): BooleanIr | null {
  const rest = testsOf(where).filter((test) => !isKeyTest(test) || test.value !== pin.value);
  return rest.length === 0 ? null : rest.length === 1 ? rest[0] : { op: 'and', operands: rest };
}

function testsOf(where: BooleanIr): readonly BooleanIr[] {
  return where.op === 'and' ? where.operands : [where];
}

type KeyTest = Extract<BooleanIr, { op: 'tag-is' }>;

function isKeyTest(ir: BooleanIr): ir is KeyTest {
  return ir.op === 'tag-is' && ir.tag < 0;
}
