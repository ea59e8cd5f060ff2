// What changed between two versions of one policy: conditions, settings, actions, words.

import type { PolicyMeta } from '../../runtime/contract.ts';
import { describeBoolean, describeDuration } from '../4-lower/describe.ts';
import type { BooleanIr } from '../4-lower/ir.ts';
import { diffActions } from './diff-actions.ts';
import type { MeaningText } from './meaning-text.ts';
import { type Change, type RiskClass, unitedClasses } from './program-diff.ts';
import { provenRelation } from './prove-relation.ts';
import { relateConditions } from './relate-conditions.ts';
import { byNumber, combined, negated, type Relation } from './relation.ts';

export function diffPolicy(base: MeaningText, head: MeaningText): readonly Change[] {
  return [
    ...diffSchema(base, head),
    ...diffConditions(base, head),
    ...diffSettings(base.policy.meta, head.policy.meta),
    ...diffActions(base.policy.meta.actions, head.policy.meta.actions),
    ...diffWords(base.policy.meta, head.policy.meta),
  ];
}

/** A change of that relation, when it is one. */
export function changeOf(part: string, relation: Relation, before: string | null, after: string | null): Change[] {
  const classes = classesOf(relation);
  return classes.length === 0 ? [] : [{ part, classes, before, after }];
}

function classesOf(relation: Relation): readonly RiskClass[] {
  switch (relation) {
    case 'same':
      return [];
    case 'different':
      return ['narrower', 'wider'];
    default:
      return [relation];
  }
}

/** State is kept per key of a schema; its timers bridge gaps up to `stale after`. */
function diffSchema(base: MeaningText, head: MeaningText): readonly Change[] {
  const from = base.schema;
  const to = head.schema;
  const parts: readonly (readonly [part: string, before: string, after: string])[] = [
    ['on', from.name, to.name],
    ['key', base.tag(-1), head.tag(-1)],
    ...(keepsHistory(base)
      ? ([['stale after', describeDuration(from.staleMs), describeDuration(to.staleMs)]] as const)
      : []),
    ['lateness', describeDuration(from.latenessMs), describeDuration(to.latenessMs)],
  ];
  const changes = parts.flatMap(([part, before, after]): Change[] =>
    before === after ? [] : [{ part, classes: ['narrower', 'wider', 'state-resetting'], before, after }],
  );
  const before = required(base);
  const after = required(head);
  if (before.join() === after.join()) return changes;
  // An event that lacks one of them is not judged.
  const classes: RiskClass[] = [];
  if (after.some((name) => !before.includes(name))) classes.push('narrower');
  if (before.some((name) => !after.includes(name))) classes.push('wider');
  return [...changes, { part: 'requires', classes, before: before.join(', '), after: after.join(', ') }];
}

function required({ policy, schema }: MeaningText): readonly string[] {
  return policy.meta.requires.map((slot) => schema.metrics[slot].name).sort();
}

function diffConditions(base: MeaningText, head: MeaningText): readonly Change[] {
  const changes = [
    ...diffCondition('where', base, head, base.policy.where, head.policy.where),
    ...diffCondition('when', base, head, written(base.policy.when), written(head.policy.when)),
    // The more often it holds, the more often the policy may fire anew; without one it re-arms as soon as `when` fails.
    ...diffCondition('until', base, head, base.policy.until, head.policy.until),
  ];
  if (base.policy.onMissing !== head.policy.onMissing)
    changes.push(...changeOf('on missing', 'different', base.policy.onMissing, head.policy.onMissing));
  if (changes.length === 0 || !keepsHistory(base)) return changes;
  // What it remembers is of the old condition.
  return changes.map((change) => ({
    ...change,
    classes: unitedClasses([change.classes, ['state-resetting']]),
  }));
}

/** Without what lowering adds to keep missing data from shrinking anything: that follows from the actions. */
function written(when: BooleanIr): BooleanIr {
  if (when.op !== 'and') return when;
  const operands = when.operands.filter(({ op }) => op !== 'known');
  return operands.length === 1 && operands[0] !== undefined ? operands[0] : { op: 'and', operands };
}

/** Beyond whether it is active and when it fired: timers, windows. */
function keepsHistory({ policy }: MeaningText): boolean {
  const kept = policy.meta.state.some(({ kind }) => kind !== 'active' && kind !== 'last-fired');
  return kept || policy.derived.some(({ meta }) => meta.kernel !== 'hold');
}

function diffCondition(
  part: string,
  base: MeaningText,
  head: MeaningText,
  before: BooleanIr | null,
  after: BooleanIr | null,
): readonly Change[] {
  if (before !== null && after !== null) {
    const changes = relateConditions(before, after, base, head);
    // Its shape may have changed and its meaning not, or in one direction only.
    const proven =
      combined(changes.map(({ relation }) => relation)) === 'different'
        ? provenRelation(base, head, before, after)
        : null;
    if (proven === null)
      return changes.flatMap((change) => changeOf(part, change.relation, change.before, change.after));
    const classes: readonly RiskClass[] = proven === 'same' ? ['safe'] : [proven];
    return [{ part, classes, before: textOf(base, before), after: textOf(head, after) }];
  }
  // No `where` is one that every row passes.
  if (before === null && after !== null) return changeOf(part, 'narrower', null, textOf(head, after));
  return before === null ? [] : changeOf(part, 'wider', textOf(base, before), null);
}

function textOf(side: MeaningText, ir: BooleanIr): string {
  return describeBoolean(ir, side.policy, side.schema);
}

const modes: readonly PolicyMeta['mode'][] = ['shadow', 'approve', 'enforce'];

function diffSettings(base: PolicyMeta, head: PolicyMeta): readonly Change[] {
  const duration = (part: string, before: number, after: number, more: 'wider' | 'narrower'): Change[] =>
    changeOf(part, byNumber(before, after, more), describeDuration(before), describeDuration(after));
  return [
    ...changeOf('mode', byNumber(modes.indexOf(base.mode), modes.indexOf(head.mode), 'wider'), base.mode, head.mode),
    ...duration('cooldown', base.cooldownMs, head.cooldownMs, 'narrower'),
    ...duration('settle', base.settleMs, head.settleMs, 'narrower'),
    ...duration('max_age', base.maxAgeMs, head.maxAgeMs, 'wider'),
    ...changeOf('limit', limitRelation(base.limit, head.limit), limitText(base.limit), limitText(head.limit)),
    ...changeOf('busy', byNumber(waits(base), waits(head), 'wider'), base.busy ?? 'drop', head.busy ?? 'drop'),
    // It wins over policies over which it did not.
    ...changeOf(
      'priority',
      byNumber(base.priority, head.priority, 'wider'),
      String(base.priority),
      String(head.priority),
    ),
  ];
}

/** Who waits acts where it would have been dropped. */
function waits({ busy }: PolicyMeta): number {
  return busy === 'wait' ? 1 : 0;
}

type Limit = PolicyMeta['limit'];

function limitRelation(base: Limit, head: Limit): Relation {
  if (base === null || head === null) return base === head ? 'same' : base === null ? 'narrower' : 'wider';
  const count = byNumber(base.count, head.count, 'wider');
  const stretch = negated(byNumber(base.perMs, head.perMs, 'wider'));
  if (count === 'same' || stretch === 'same' || count === stretch) return count === 'same' ? stretch : count;
  return 'different';
}

function limitText(limit: Limit): string {
  return limit === null ? 'none' : `${limit.count} per ${describeDuration(limit.perMs)}`;
}

const words = ['title', 'owner', 'runbook'] as const;
/** What is no part of a policy's meaning. */
export const wordParts: readonly string[] = words;

function diffWords(base: PolicyMeta, head: PolicyMeta): readonly Change[] {
  return words.flatMap((part): Change[] =>
    base[part] === head[part] ? [] : [{ part, classes: ['safe'], before: base[part], after: head[part] }],
  );
}
