// The parts of a policy's conditions that are true or false by themselves: every comparison, `missing`, timer … of
// `where`, `when` and `until`, without the `and`, `or` and `not` that join them. Named by what they mean, in the words of
// the language, so that neither layout nor `let`s change the name.

import type { SchemaMeta } from '../../runtime/contract.ts';
import { describeBoolean } from './describe.ts';
import type { BooleanIr, PolicyIr } from './ir.ts';
import { operandsOf } from './timers.ts';

export type ClausePlace = 'where' | 'when' | 'until';

export interface ClausePart {
  readonly place: ClausePlace;
  readonly text: string;
  /** The same part written twice is one. */
  readonly nodes: readonly BooleanIr[];
}

const joints: ReadonlySet<string> = new Set(['and', 'or', 'not', 'constant', 'known']);

/** In source order, a timer behind what it waits for. */
export function clauseParts(policy: PolicyIr, schema: SchemaMeta): readonly ClausePart[] {
  const parts = new Map<string, { place: ClausePlace; text: string; nodes: BooleanIr[] }>();
  for (const place of ['where', 'when', 'until'] as const) {
    const condition = policy[place];
    if (condition === null) continue;
    for (const node of nodesOf(condition)) {
      if (joints.has(node.op)) continue;
      const text = describeBoolean(node, policy, schema);
      const known = parts.get(`${place} ${text}`);
      if (known === undefined) parts.set(`${place} ${text}`, { place, text, nodes: [node] });
      else known.nodes.push(node);
    }
  }
  return [...parts.values()];
}

/** A condition and everything below it that is a condition too, inner before outer; values are not entered. */
export function nodesOf(ir: BooleanIr): readonly BooleanIr[] {
  return [...operandsOf(ir).flatMap(nodesOf), ir];
}
