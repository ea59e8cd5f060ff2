// Runs the `test` blocks of a program in virtual time: the series become events, the events are replayed through the
// same evaluators and gates as ever, and what was decided is held against what was expected.

import {
  type ExpectationPlan,
  type ExpectedAction,
  eventsOf,
  type RowPlan,
  type SeriesPlan,
  type TestPlan,
  valueAt,
} from '../compiler/4-lower/test-plan.ts';
import type { Analysis } from '../compiler/analyse.ts';
import { formatMs } from '../compiler/vocabulary/units.ts';
import type { ActionTarget, SchemaMeta } from '../runtime/contract.ts';
import type { Decision, PlannedAction } from '../runtime/decision.ts';
import { composedText, type EventTags } from '../runtime/evaluate/composition.ts';
import { observation } from '../runtime/evaluate/histogram-point.ts';
import type { SchemaIntake } from '../runtime/evaluate/intake.ts';
import type { Evaluator, Session } from '../runtime/evaluate/session.ts';
import { Replay } from '../runtime/replay.ts';

export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed';
  readonly message?: string;
  /** What is odd about its events though every one was taken. */
  readonly notices?: readonly string[];
}

/** Where virtual time begins: the time that a test writes as `0s`, epoch ms. */
export const testEpochMs = Date.UTC(2026, 0, 1);

/** Decisions that nobody expected and that are explained one by one. */
const othersExplained = 3;

/** Says, in lines, why what was expected did not come about, or why what was not expected did. */
export type Explain = (test: TestPlan, expectation: ExpectationPlan) => readonly string[];

/** `explain` is asked when an expectation is missed. */
export function runTests(
  { testPlans }: Pick<Analysis, 'testPlans'>,
  evaluator: Evaluator,
  explain: Explain = () => [],
): readonly TestResult[] {
  return testPlans.map((test) => {
    const run = replayTest(test, evaluator);
    const problems = judgeTest(test, run, explain);
    return {
      name: test.name,
      file: test.file,
      line: test.line,
      outcome: problems.length === 0 ? 'passed' : 'failed',
      ...(problems.length === 0 ? {} : { message: problems.join('\n') }),
      ...(run.notices.length === 0 ? {} : { notices: run.notices }),
    };
  });
}

/** What a test says against what came of it, a sentence and perhaps its explanation each; none when it holds. */
export function judgeTest(
  test: TestPlan,
  run: Omit<TestRun, 'notices'>,
  explain: Explain = () => [],
): readonly string[] {
  const { decisions } = run;
  const used = new Set<Decision>();
  const problems: string[] = [];
  for (const expectation of test.expected) {
    if (expectation.rearmed) {
      const came = run.rearms.some((rearm) => isThen(expectation, rearm));
      if (!came) problems.push(notRearmed(expectation, run.rearms), ...explain(test, expectation));
      continue;
    }
    const match = decisions.find((decision) => !used.has(decision) && fits(expectation, decision));
    if (match === undefined) problems.push(missed(expectation, decisions), ...explain(test, expectation));
    else used.add(match);
  }
  if (test.nothing === null) return problems;
  // A proposal that a gate stopped is not something that happened.
  const others = decisions.filter(
    (decision) => decision.outcome !== 'refused' && (test.nothing === 'all' || !used.has(decision)),
  );
  if (others.length > 0) {
    problems.push(`expected nothing${test.nothing === 'rest' ? ' else' : ''}, but ${others.map(describe).join('; ')}`);
    problems.push(...others.slice(0, othersExplained).flatMap((decision) => explain(test, wished(decision))));
  }
  return problems;
}

/** The expectation that would have held of it. */
function wished({ policy, key, at }: Decision): ExpectationPlan {
  return { text: '', line: 0, policy, key, rearmed: false, gate: null, atMs: at - testEpochMs, actions: null };
}

/** What came of a test's events, in order. */
export interface TestRun {
  readonly decisions: readonly Decision[];
  readonly rearms: readonly Rearm[];
  /** Of the telemetry, each said once. */
  readonly notices: readonly string[];
}

export interface Rearm {
  readonly policy: string;
  readonly key: string;
  /** Epoch ms. */
  readonly at: number;
}

/** `begin` is called before the first event. */
export function replayTest(test: TestPlan, evaluator: Evaluator, begin?: (session: Session) => void): TestRun {
  const decisions: Decision[] = [];
  const rearms: Rearm[] = [];
  const replay = new Replay(evaluator, {
    decision: (decision) => decisions.push(decision),
    rearm: (policy, key, at) => rearms.push({ policy, key, at }),
  });
  begin?.(replay.session);
  const events = test.series.flatMap(expand).sort((a, b) => a.arrivesMs - b.arrivesMs);
  let endMs = 0;
  for (const event of events) {
    append(event, replay);
    endMs = Math.max(endMs, event.timeMs);
  }
  for (const { atMs } of test.expected) endMs = Math.max(endMs, atMs);
  replay.end(testEpochMs + endMs);
  return { decisions, rearms, notices: replay.notices };
}

interface TestEvent {
  readonly series: SeriesPlan;
  readonly row: RowPlan;
  /** Which of the row's events it is, from 0. */
  readonly index: number;
  readonly timeMs: number;
  readonly arrivesMs: number;
}

function expand(series: SeriesPlan): readonly TestEvent[] {
  return series.rows.flatMap((row) =>
    Array.from({ length: eventsOf(row) }, (_, index): TestEvent => {
      const timeMs = row.fromMs + index * row.everyMs;
      return { series, row, index, timeMs, arrivesMs: timeMs + row.lateMs };
    }),
  );
}

function append({ series, row: rowPlan, index, timeMs }: TestEvent, replay: Replay): void {
  const { intake } = replay.session;
  const schema = intake.schemas[series.schema];
  const { rows, keys, tags, required, meta } = schema;
  const row = rows.append(testEpochMs + timeMs, keys.intern(keyOf(series, meta)), intake.seq++);
  for (const [position, value] of series.tags.entries()) {
    if (value !== null) rows.tags[row * rows.tagWidth + position] = tags[position].intern(value);
  }
  schema.composeTags(row, tagsOf(series));
  const events = eventsOf(rowPlan);
  const sent = new Set<number>();
  for (const { slot, course } of rowPlan.values) {
    const value = valueAt(course, index, events);
    if (value === null) continue;
    writeValue(schema, row, slot, value);
    if (Number.isNaN(value)) schema.unknowns?.note(rows.seq[row], slot, 'no-value');
    sent.add(slot);
  }
  if (required.some((slot) => !sent.has(slot))) rows.lacks[row] = 1;
}

/** The key of the events: written in the test, or made of their tags. */
export function keyOf(series: SeriesPlan, { key }: SchemaMeta): string {
  return series.key ?? (key.source === undefined ? null : composedText(key.source, tagsOf(series))) ?? '';
}

function tagsOf(series: SeriesPlan): EventTags {
  const wire = new Map(series.wire);
  return { text: (name) => wire.get(name) ?? null, names: () => wire.keys() };
}

/** At the time, of the policy and key, where those are named. */
function isThen({ policy, key, atMs }: ExpectationPlan, found: Rearm): boolean {
  if (found.at !== testEpochMs + atMs || (policy !== null && found.policy !== policy)) return false;
  return key === null || found.key === key;
}

/** Of a histogram each event of a test carries one observation. */
function writeValue(schema: SchemaIntake, row: number, slot: number, value: number): void {
  if (schema.pointColumn[slot] < 0) schema.rows.values[row * schema.rows.width + slot] = value;
  else schema.writePoint(row, slot, Number.isNaN(value) ? null : observation(value));
}

function fits(expectation: ExpectationPlan, decision: Decision): boolean {
  const { gate, actions } = expectation;
  if (!isThen(expectation, decision)) return false;
  if (gate === null ? decision.outcome === 'refused' : decision.gate !== gate) return false;
  return actions === null || (actions.length === decision.actions.length && pairUp(actions, decision.actions));
}

/**
 * Whether each expected action has a decided one of its own. An expectation that finds all of its own taken makes an
 * earlier one look for another (augmenting paths), so that the order in which they are written doesn't matter.
 */
function pairUp(expected: readonly ExpectedAction[], decided: readonly PlannedAction[]): boolean {
  const owners = new Map<PlannedAction, ExpectedAction>();
  const finds = (wanted: ExpectedAction, tried: Set<PlannedAction>): boolean =>
    decided.some((action) => {
      if (tried.has(action) || !isExpected(wanted, action)) return false;
      tried.add(action);
      const owner = owners.get(action);
      if (owner !== undefined && !finds(owner, tried)) return false;
      owners.set(action, wanted);
      return true;
    });
  return expected.every((wanted) => finds(wanted, new Set()));
}

function isExpected({ name, target, args }: ExpectedAction, action: PlannedAction): boolean {
  return (
    action.name === name &&
    (target === null || isTarget(target, action)) &&
    Object.entries(args).every(([label, value]) => action.args[label] === value)
  );
}

/** A target by lookup has been resolved by now; which fleet that is, is the decision's to say. */
function isTarget(target: ActionTarget, action: PlannedAction): boolean {
  return target.kind === 'fleet' ? action.target === target.fleet : action.target !== null;
}

function notRearmed({ text, policy, atMs }: ExpectationPlan, rearms: readonly Rearm[]): string {
  const near = nearest(
    rearms.filter((rearm) => rearm.policy === policy),
    atMs,
  );
  if (near.length === 0) return `${text}, but \`${policy}\` never re-armed`;
  const times = near.map(({ key, at }) => `for "${key}" at ${formatMs(at - testEpochMs)}`);
  return `${text}, but \`${policy}\` re-armed ${times.join('; ')}`;
}

/** The three that are nearest in time. */
function nearest<Found extends { readonly at: number }>(all: readonly Found[], atMs: number): readonly Found[] {
  const distance = ({ at }: Found): number => Math.abs(at - testEpochMs - atMs);
  return all.toSorted((a, b) => distance(a) - distance(b)).slice(0, 3);
}

function missed({ text, policy, atMs }: ExpectationPlan, decisions: readonly Decision[]): string {
  const related = decisions.filter((decision) => policy === null || decision.policy === policy);
  if (related.length === 0) return `${text}, but ${policy === null ? 'nothing' : `\`${policy}\` never`} fired`;
  const near = nearest(related, atMs);
  const more = related.length > near.length ? `; and ${related.length - near.length} more` : '';
  return `${text}, but ${near.map(describe).join('; ')}${more}`;
}

function describe({ policy, key, at, outcome, gate, actions }: Decision): string {
  const what = outcome === 'refused' ? `was blocked by ${gate}` : `would do ${actions.map(describeAction).join(', ')}`;
  return `\`${policy}\` for "${key}" ${what} at ${formatMs(at - testEpochMs)}`;
}

function describeAction({ name, target }: PlannedAction): string {
  return target === null ? name : `${name}(${target})`;
}
