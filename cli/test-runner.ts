// Runs the `test` blocks of a program in virtual time: the series become events, the events are replayed through the
// same evaluators and gates as ever, and what was decided is held against what was expected.

import type { Analysis } from '../compiler/analyse.ts';
import { LineIndex } from '../compiler/diagnostics/position.ts';
import { gateByWord } from '../compiler/vocabulary/gates.ts';
import { canonicalValue, durationMs, formatMs } from '../compiler/vocabulary/units.ts';
import type { Call, ExpectDecision, GivenClause, QuantityLiteral, TestDeclaration } from '../grammar/ast.ts';
import type { Decision, PlannedAction } from '../runtime/decision.ts';
import { defaultIntakeLimits, type SchemaIntake } from '../runtime/evaluate/intake.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';
import { Replay } from '../runtime/replay.ts';

export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed';
  readonly message?: string;
}

/** Where virtual time begins: the time that a test writes as `0s`, epoch ms. */
export const testEpochMs = Date.UTC(2026, 0, 1);

/** Cadence of a series on a schema that declares none. */
const defaultEveryMs = 1000;

export function runTests(analysis: Analysis, evaluator: Evaluator): readonly TestResult[] {
  const lines = new Map(analysis.sources.map((source) => [source.file, new LineIndex(source.text)]));
  return analysis.tests.map((test) => {
    const { file, start } = test.span;
    const problems = runTest(test, evaluator);
    return {
      name: test.title.value,
      file,
      line: lines.get(file)?.position(start).line ?? 1,
      outcome: problems.length === 0 ? 'passed' : 'failed',
      ...(problems.length === 0 ? {} : { message: problems.join('\n') }),
    };
  });
}

/** What a test says against the program: one sentence each, none when it holds. */
export function runTest(test: TestDeclaration, evaluator: Evaluator): readonly string[] {
  const decisions = replayTest(test, evaluator);
  const expected = test.items.filter((item) => item.kind === 'expect-decision');
  const used = new Set<Decision>();
  const problems: string[] = [];
  for (const expectation of expected) {
    const match = decisions.find((decision) => !used.has(decision) && fits(expectation, decision));
    if (match === undefined) problems.push(missed(expectation, decisions));
    else used.add(match);
  }
  for (const item of test.items) {
    if (item.kind !== 'expect-nothing') continue;
    // A proposal that a gate stopped is not something that happened.
    const unexpected = decisions.filter(
      (decision) => decision.outcome !== 'refused' && !(item.otherwise && used.has(decision)),
    );
    if (unexpected.length > 0) {
      problems.push(`expected nothing${item.otherwise ? ' else' : ''}, but ${unexpected.map(describe).join('; ')}`);
    }
  }
  return problems;
}

/** Everything that was decided, in order. */
export function replayTest(test: TestDeclaration, evaluator: Evaluator): readonly Decision[] {
  const decisions: Decision[] = [];
  const problems: string[] = [];
  const replay = new Replay(
    evaluator,
    {
      decision: (decision) => decisions.push(decision),
      deadLetter: (letter) => problems.push(letter.message),
    },
    defaultIntakeLimits,
  );
  const events = test.items.flatMap((item) => (item.kind === 'given' ? expand(item, replay) : []));
  events.sort((a, b) => a.arrivesMs - b.arrivesMs);
  let endMs = 0;
  for (const event of events) {
    append(event, replay);
    endMs = Math.max(endMs, event.timeMs);
  }
  for (const item of test.items) if (item.kind === 'expect-decision') endMs = Math.max(endMs, offsetMs(item.at));
  replay.end(testEpochMs + endMs);
  return decisions;
}

interface TestEvent {
  readonly schema: SchemaIntake;
  readonly given: GivenClause;
  readonly timeMs: number;
  readonly arrivesMs: number;
  readonly values: readonly { readonly slot: number; readonly value: number }[];
}

function expand(given: GivenClause, replay: Replay): readonly TestEvent[] {
  const schema = replay.session.intake.schema(given.schema.text);
  if (schema === undefined) throw new Error(`a test gives ${given.schema.text}, which the program does not declare`);
  const everyMs = (given.every === null ? schema.meta.everyMs : durationMs(given.every)) ?? defaultEveryMs;
  return given.rows.flatMap((row) => {
    const values = row.values.map(({ metric, value }) => ({
      slot: schema.metricSlot.get(metric.text) ?? -1,
      value: value === null ? Number.NaN : canonicalValue(value),
    }));
    const lateMs = row.late === null ? 0 : offsetMs(row.late);
    const lastMs = row.to === null ? offsetMs(row.from) : offsetMs(row.to);
    const events: TestEvent[] = [];
    for (let timeMs = offsetMs(row.from); timeMs <= lastMs; timeMs += everyMs) {
      events.push({ schema, given, timeMs, arrivesMs: timeMs + lateMs, values });
    }
    return events;
  });
}

function append({ schema, given, timeMs, values }: TestEvent, replay: Replay): void {
  const { intake } = replay.session;
  const tags = new Map(given.tags.map(({ tag, value }) => [tag.text, value.value]));
  const key = schema.keys.intern(tags.get(schema.meta.key.name) ?? '');
  const row = schema.rows.append(testEpochMs + timeMs, key, intake.seq++);
  for (const [index, tag] of schema.meta.tags.entries()) {
    const value = tags.get(tag.name);
    if (value !== undefined) schema.rows.tags[row * schema.rows.tagWidth + index] = schema.tags[index].intern(value);
  }
  const present = new Set<number>();
  for (const { slot, value } of values) {
    present.add(slot);
    schema.rows.values[row * schema.rows.width + slot] = value;
  }
  if (schema.required.some((slot) => !present.has(slot))) schema.rows.lacks[row] = 1;
}

function fits(expectation: ExpectDecision, decision: Decision): boolean {
  const { policy, key, gate, at, actions } = expectation;
  if (decision.at !== testEpochMs + offsetMs(at)) return false;
  if (policy !== null && decision.policy !== policy.text) return false;
  if (key !== null && decision.key !== key.value) return false;
  if (gate === null ? decision.outcome === 'refused' : decision.gate !== gateByWord.get(gate.text)?.gate) return false;
  return (
    actions === null ||
    (actions.length === decision.actions.length &&
      actions.every((call) => decision.actions.some((action) => isCall(call, action))))
  );
}

/** Whether an action is the one that was written; arguments that were not written may be anything. */
function isCall(call: Call, action: PlannedAction): boolean {
  if (action.name !== call.callee.text) return false;
  return call.args.every(({ label, value }) => {
    if (label === null) return value.kind === 'reference' ? action.target === value.name : true;
    const planned = action.args[label.text] ?? action.args[`${label.text}Ms`];
    switch (value.kind) {
      case 'quantity':
        return planned === canonicalValue(value) || planned === durationMs(value);
      case 'string':
      case 'boolean':
        return planned === value.value;
      case 'reference':
        return planned === value.name;
      default:
        return false;
    }
  });
}

function missed(expectation: ExpectDecision, decisions: readonly Decision[]): string {
  const { policy, gate, at, key, actions } = expectation;
  const who = policy === null ? 'a decision' : `\`${policy.text}\``;
  const forKey = key === null ? '' : ` for "${key.value}"`;
  const how = gate === null ? '' : ` blocked by ${gate.text}`;
  const block = actions === null ? '' : ` { ${actions.map((call) => call.callee.text).join(', ')} }`;
  const expected = `expected ${who}${forKey}${how} at ${formatMs(offsetMs(at))}${block}`;
  const related = decisions.filter((decision) => policy === null || decision.policy === policy.text);
  if (related.length === 0) return `${expected}, but ${who} never fired`;
  const near = related
    .toSorted((a, b) => Math.abs(a.at - testEpochMs - offsetMs(at)) - Math.abs(b.at - testEpochMs - offsetMs(at)))
    .slice(0, 3);
  return `${expected}, but ${near.map(describe).join('; ')}${related.length > 3 ? `; and ${related.length - 3} more` : ''}`;
}

function describe({ policy, key, at, outcome, gate, actions }: Decision): string {
  const what = outcome === 'refused' ? `was blocked by ${gate}` : `would do ${actions.map(describeAction).join(', ')}`;
  return `\`${policy}\` for "${key}" ${what} at ${formatMs(at - testEpochMs)}`;
}

function describeAction({ name, target }: PlannedAction): string {
  return target === null ? name : `${name}(${target})`;
}

/** A point of virtual time; `0` needs no unit. */
function offsetMs(literal: QuantityLiteral): number {
  return durationMs(literal) ?? 0;
}
