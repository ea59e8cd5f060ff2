// Tests of an imported policy: even series under which it fires, told by when it does, and such under which it stays
// quiet. What is written has been run.

import { analyse } from '../../../compiler/analyse.ts';
import { writeString } from '../../../grammar/literals.ts';
import { createEvaluator } from '../../program.ts';
import { replayTest, testEpochMs } from '../../test-runner.ts';
import { duration, numberText } from '../build-expression.ts';
import type { RuleCondition } from './rule-condition.ts';
import type { World } from './steady-state.ts';
import { testStartSeconds, worldWhere } from './worlds.ts';

export interface TestTexts {
  readonly texts: readonly string[];
  /** One of them shows the policy firing. */
  readonly fires: boolean;
}

interface Subject {
  readonly condition: RuleCondition;
  readonly policy: string;
  readonly schema: string;
  /** The schema and the policy. */
  readonly program: string;
  readonly everyMs: number;
}

/** Events of one test at most: longer stretches are told in wider steps. */
const eventsMax = 2000;
const stepMostMs = 240_000;
/** Worlds tried for each of the two tests. */
const turnsMax = 3;

export function testsOf(subject: Subject): TestTexts {
  const { condition } = subject;
  const lengthMs = Math.ceil((condition.spanMs * 1.25 + 120_000) / 60_000) * 60_000;
  const stepMs = stepOf(subject, lengthMs);
  if (condition.silence) return silenceTests(subject, lengthMs, stepMs);
  const nowSeconds = testStartSeconds + lengthMs / 1000;
  let firing: string | null = null;
  let quiet: string | null = null;
  for (let turn = 0; turn < 2 * turnsMax && (firing === null || quiet === null); turn++) {
    const wanted = turn % 2 === 0;
    if ((wanted ? firing : quiet) !== null) continue;
    const world = worldWhere(condition, wanted, stepMs / 1000, nowSeconds, turn);
    if (world === null) continue;
    // What begins differs from what has long gone on: the engine says which of the two it is.
    const [first] = decisionsOf(subject, quietText(subject, world, lengthMs, stepMs)) ?? [];
    if (first === undefined) quiet ??= quietTest(subject, world, lengthMs, stepMs);
    else firing ??= firingTest(subject, world, first, lengthMs, stepMs);
  }
  return { texts: [firing, quiet].filter((text) => text !== null), fires: firing !== null };
}

/** A whole number of the schema's cadence; windows see several events. */
function stepOf({ everyMs, condition }: Subject, lengthMs: number): number {
  const ranges = condition.selectors.flatMap((selector) => (selector.rangeMs === null ? [] : [selector.rangeMs / 4]));
  const most = Math.min(stepMostMs, ...ranges);
  const wanted = Math.max(everyMs, lengthMs / eventsMax);
  const steps = Math.ceil(wanted / everyMs);
  return Math.max(everyMs, Math.min(steps * everyMs, Math.floor(most / everyMs) * everyMs));
}

/** To the moment at which it fires, and no further: what comes after is the matter of the cooldown. */
function firingTest(subject: Subject, world: World, first: number, lengthMs: number, stepMs: number): string | null {
  const text = testText(subject, `${subject.policy} fires`, world, { fromMs: 0, toMs: first }, stepMs, lengthMs, [
    `expect ${subject.policy} at ${durationText(first)} { notify() }`,
    'expect nothing else',
  ]);
  const [again, ...others] = decisionsOf(subject, text) ?? [];
  return again === first && others.length === 0 ? text : null;
}

function quietText(subject: Subject, world: World, lengthMs: number, stepMs: number): string {
  const title = `${subject.policy} stays quiet`;
  return testText(subject, title, world, { fromMs: 0, toMs: lengthMs }, stepMs, lengthMs, ['expect nothing']);
}

function quietTest(subject: Subject, world: World, lengthMs: number, stepMs: number): string | null {
  const text = quietText(subject, world, lengthMs, stepMs);
  return decisionsOf(subject, text)?.length === 0 ? text : null;
}

/** The metric comes for a while and then no more. */
function silenceTests(subject: Subject, lengthMs: number, stepMs: number): TestTexts {
  const { names } = subject.condition;
  const world = worldOfSilence(subject.condition, stepMs);
  if (world === null) return { texts: [], fires: false };
  const seen = { fromMs: 0, toMs: 4 * stepMs };
  const rows = [...names.metrics.values()].map((use) => `${use.name} 1`).join(', ');
  const given = givenHead(subject, world, 0, stepMs);
  const block = [`  ${given} {`, `    0s .. ${durationText(seen.toMs)}: ${rows}`, '  }'];
  const title = `${subject.policy} fires`;
  const until = seen.toMs + lengthMs;
  const probe = [
    `test ${writeString(title)} {`,
    ...block,
    `  expect ${subject.policy} at ${durationText(until)}`,
    '}',
  ].join('\n');
  const [first] = decisionsOf(subject, probe) ?? [];
  const texts: string[] = [];
  if (first !== undefined)
    texts.push(
      [
        `test ${writeString(title)} {`,
        ...block,
        `  expect ${subject.policy} at ${durationText(first)} { notify() }`,
        '  expect nothing else',
        '}',
      ].join('\n'),
    );
  texts.push([`test ${writeString(`${subject.policy} stays quiet`)} {`, ...block, '  expect nothing', '}'].join('\n'));
  return { texts: texts.filter((text) => decisionsOf(subject, text) !== null), fires: first !== undefined };
}

function worldOfSilence(condition: RuleCondition, stepMs: number): World | null {
  // Whatever the values are, they come.
  return worldWhere(
    { ...condition, when: { kind: 'not', span: condition.when.span, operand: neverHolds(condition) } },
    true,
    stepMs / 1000,
    0,
    0,
  );
}

function neverHolds(condition: RuleCondition): RuleCondition['when'] {
  const { span } = condition.when;
  const zero = { kind: 'quantity', span, value: 0, unit: null, text: '0' } as const;
  return { kind: 'comparison', span, operator: '>', left: zero, right: zero };
}

/** When the policy fires in the test, in milliseconds from its beginning; `null` when the test does not compile. */
function decisionsOf({ program }: Subject, test: string): readonly number[] | null {
  const analysis = analyse([{ file: 'import.ddl', text: `${program}\n\n${test}\n` }]);
  const [plan] = analysis.testPlans;
  if (analysis.ir === null || plan === undefined) return null;
  const { decisions } = replayTest(plan, createEvaluator(analysis.ir, 'generated'));
  return decisions.map(({ at }) => at - testEpochMs);
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

function testText(
  subject: Subject,
  title: string,
  world: World,
  { fromMs, toMs }: Stretch,
  stepMs: number,
  endMs: number,
  expectations: readonly string[],
): string {
  const blocks = world.sources.flatMap((source, index) => {
    const values = Object.entries(source.metrics).map(([name, { value, perSecond }]) => {
      if (subject.condition.names.metrics.size > 0 && isHistogram(subject, name)) return `${name} ${numberText(value)}`;
      if (perSecond === 0) return `${name} ${signed(value)}`;
      const end = isCounter(subject, name) ? (perSecond * toMs) / 1000 : value - (perSecond * (endMs - toMs)) / 1000;
      const start = end - (perSecond * (toMs - fromMs)) / 1000;
      return `${name} ${signed(start)} to ${signed(end)}`;
    });
    const range = fromMs === toMs ? '0s' : `${durationText(fromMs)} .. ${durationText(toMs)}`;
    const row = fromMs === toMs ? values.map((value) => value.replace(/ to .*/, '')) : values;
    return [`  ${givenHead(subject, world, index, stepMs)} {`, `    ${range}: ${row.join(', ')}`, '  }'];
  });
  return [`test ${writeString(title)} {`, ...blocks, ...expectations.map((line) => `  ${line}`), '}'].join('\n');
}

function givenHead({ schema, condition }: Subject, world: World, index: number, stepMs: number): string {
  const { names } = condition;
  const declared = new Map<string, string>();
  for (const tag of names.tags.values())
    if (tag.labels?.length === 1 && !declared.has(tag.labels[0])) declared.set(tag.labels[0], tag.name);
  const { key } = names;
  if (key.kind === 'by' && key.labels.length === 1) declared.set(key.labels[0], names.keyName);
  const parts = new Set([...key.labels, ...[...names.tags.values()].flatMap((tag) => tag.labels ?? [])]);
  // Labels that nothing is made of are not known to the schema.
  const all = key.kind === 'without' || [...names.tags.values()].some((tag) => tag.labels === null);
  const bindings = Object.entries(world.sources[index].labels)
    .filter(([label]) => all || parts.has(label))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([label, value]) => `${declared.get(label) ?? label}: ${writeString(value)}`);
  return `given ${schema}${bindings.length === 0 ? '' : `(${bindings.join(', ')})`} every ${durationText(stepMs)}`;
}

function isCounter({ condition }: Subject, name: string): boolean {
  return [...condition.names.metrics.values()].some((use) => use.name === name && use.kind === 'counter');
}

function isHistogram({ condition }: Subject, name: string): boolean {
  return [...condition.names.metrics.values()].some((use) => use.name === name && use.kind === 'histogram');
}

function signed(value: number): string {
  return value < 0 ? `-${numberText(-value)}` : numberText(value);
}

function durationText(ms: number): string {
  const { text, unit } = duration(ms);
  return ms === 0 ? '0s' : `${text}${unit}`;
}
