// A policy whose `where` pins the key is judged for rows of that key only: the test moves into the dispatch index.

import type { BooleanIr, PolicyIr } from '../4-lower/ir.ts';

export function bindKey(policy: PolicyIr): PolicyIr {
  if (policy.where === null) return policy;
  const tests = policy.where.op === 'and' ? policy.where.operands : [policy.where];
  const pin = tests.find(isKeyTest);
  if (pin === undefined) return policy;
  const rest = tests.filter((test) => test !== pin);
  return {
    ...policy,
    where: rest.length === 0 ? null : rest.length === 1 ? rest[0] : { op: 'and', operands: rest },
    meta: { ...policy.meta, onlyKey: pin.value },
  };
}

function isKeyTest(ir: BooleanIr): ir is Extract<BooleanIr, { op: 'tag-is' }> {
  return ir.op === 'tag-is' && ir.tag < 0;
}
