// Why an expectation of a test was missed: what the policy was doing at that time, and what stood in its way.

import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { ExpectationPlan, TestPlan } from '../../compiler/4-lower/test-plan.ts';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import { type Explain, keyOf, replayTest, testEpochMs } from '../test-runner.ts';
import { type Answer, answer, type ClauseAnswer } from './answer.ts';
import { Watch } from './watch.ts';
import { clauseDetail, nearestTexts, verdictText } from './words.ts';

/** Keys that are explained one by one when the expectation names none. */
const keysMax = 3;

/** For expectations that name their policy; of the others nobody knows which one was meant. */
export function explainMissed(ir: ProgramIr): Explain {
  return (test, expectation) => {
    const { policy: name } = expectation;
    const policy = ir.policies.find(({ meta }) => meta.name === name);
    if (policy === undefined) return [];
    const schema = ir.schemas[policy.meta.schema];
    const given = test.series.flatMap((series) =>
      ir.schemas[series.schema] === schema ? [keyOf(series, schema)] : [],
    );
    const keys = expectation.key === null ? new Set(given) : [expectation.key];
    return [...keys].slice(0, keysMax).flatMap((key) => explainKey(ir, test, expectation, policy.meta.name, key));
  };
}

function explainKey(
  ir: ProgramIr,
  test: TestPlan,
  { atMs }: ExpectationPlan,
  policy: string,
  key: string,
): readonly string[] {
  const watch = new Watch(ir, policy, key, testEpochMs + atMs);
  const { decisions } = replayTest(test, watch.evaluator, (session) => watch.begin(session));
  for (const decision of decisions) {
    if (decision.policy === policy) watch.decided(decision);
  }
  const found = answer(watch);
  return [
    `  at ${formatMs(atMs)} for "${key}": ${verdictText(found, watch, writeTime)}`,
    ...found.clauses.filter(({ clause }) => clause === 'when').map(clauseLine),
    ...nearestTexts(found, watch, writeTime).map((text) => `    ${text}`),
    ...gateLines(found),
  ];
}

function clauseLine(clause: ClauseAnswer): string {
  const { text, truth } = clause;
  const detail = clauseDetail(clause, writeTime);
  return `    ${truth === null ? 'unknown' : truth}: ${text}${detail === '' ? '' : ` (${detail})`}`;
}

function gateLines({ decision, gates }: Answer): readonly string[] {
  // What fired was asked; what it leaves of the budgets is another matter.
  if (decision !== null) return decision.reason === null ? [] : [`    refused by ${decision.reason}`];
  return gates.flatMap(({ reason }) => (reason === null ? [] : [`    a firing would be refused by ${reason}`]));
}

function writeTime(at: number): string {
  return formatMs(at - testEpochMs);
}
