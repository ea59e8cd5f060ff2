// The rules about the meaning of conditions, in the order in which the reference lists them.

import type { ProofRule } from './rule.ts';
import { alwaysTrueCondition } from './rules/always-true-condition.ts';
import { exposedFleet } from './rules/exposed-fleet.ts';
import { idleUntil } from './rules/idle-until.ts';
import { oppositeActions } from './rules/opposite-actions.ts';
import { oscillation } from './rules/oscillation.ts';
import { redundantClause } from './rules/redundant-clause.ts';
import { shadowedPolicy } from './rules/shadowed-policy.ts';
import { subsumedPolicy } from './rules/subsumed-policy.ts';
import { unsatisfiableCondition } from './rules/unsatisfiable-condition.ts';
import { untilOverlapsWhen } from './rules/until-overlaps-when.ts';

export const proofRules: readonly ProofRule[] = [
  unsatisfiableCondition,
  alwaysTrueCondition,
  redundantClause,
  untilOverlapsWhen,
  idleUntil,
  subsumedPolicy,
  shadowedPolicy,
  oppositeActions,
  oscillation,
  exposedFleet,
];
