// What a session tells of a decision, on all three evaluators.

import { expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import type { Proposal } from '../../runtime/decision.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { evaluatorKinds, irOf, startMs } from './judge-case.ts';

const schema = 'schema service {\n  key id\n  metric load: number\n  metric depth: number\n}\n';

/** Decisions on events of one key, one a second. */
function decide(
  kind: EvaluatorKind,
  condition: string,
  events: readonly (readonly [load: number, depth: number])[],
): readonly Proposal[] {
  const text = `const yes = true\n${schema}policy p {\n  on service\n  when ${condition}\n  do notify("look here")\n}\n`;
  const proposals: Proposal[] = [];
  const session = new Session(createEvaluator(irOf(text), kind), {
    propose: (proposal) => proposals.push(proposal),
    rearm: () => {},
    skip: () => {},
    late: () => {},
    deadLetter: () => {},
  });
  const { rows, keys } = session.intake.schemas[0];
  for (const [index, values] of events.entries()) {
    rows.values.set(values, rows.append(startMs + index * 1000, keys.intern('a'), session.intake.seq++) * rows.width);
  }
  session.partition.close();
  return proposals;
}

const sinceMs = (proposals: readonly Proposal[]): readonly number[] =>
  proposals.map(({ pendingAt }) => pendingAt - startMs);

test.each(evaluatorKinds)('as many clauses as a condition has are told, %s', (kind) => {
  const parts = Array.from({ length: 1200 }, (_, index) => `load > ${index}`);
  const [proposal] = decide(kind, parts.join(' or '), [[7, 0]]);
  expect(Object.values(proposal.values)).toEqual(parts.map(() => 7));
});

test.each(evaluatorKinds)('a constant compared with a truth has nothing to tell, %s', (kind) => {
  expect(decide(kind, 'yes == true and load > 1', [[7, 0]])[0].values).toEqual({ 'load > 1': 7 });
});

test.each(evaluatorKinds)('it has held since the timer that makes it true began, %s', (kind) => {
  const events = [
    [0, 0],
    [2, 0],
    [2, 0],
    [2, 0],
  ] as const;
  expect(sinceMs(decide(kind, '(load > 1 for 2s) and depth < 5', events))).toEqual([1000]);
  expect(sinceMs(decide(kind, '((load > 1 for 1s) for 1s)', events))).toEqual([1000]);
});

test.each(evaluatorKinds)('a timer that speaks against it is no reason, %s', (kind) => {
  const events = [
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 9],
  ] as const;
  expect(sinceMs(decide(kind, 'depth > 5 or not (load > 1 for 0.001s) and load > 9', events))).toEqual([3000]);
  expect(sinceMs(decide(kind, 'depth > 5 and not not (load > 1 for 2s)', events))).toEqual([0]);
});
