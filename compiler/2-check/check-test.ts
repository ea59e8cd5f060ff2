// Tests: what they give can come, what they expect can happen.

import type {
  BooleanLiteral,
  Call,
  ExpectDecision,
  GivenClause,
  QuantityLiteral,
  Ramp,
  SeriesPoint,
  SeriesRow,
  SeriesValue,
  Span,
  TestDeclaration,
} from '../../grammar/ast.ts';
import type { MetricSymbol, PolicySymbol, SchemaSymbol, TagSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { defaults, testLimits } from '../vocabulary/defaults.ts';
import { gateByWord, gates } from '../vocabulary/gates.ts';
import { boolType, compatible, describeType, exampleLiteral, quantity, type Type } from '../vocabulary/types.ts';
import { durationMs, literalText } from '../vocabulary/units.ts';
import { wholeMs } from '../vocabulary/whole-ms.ts';
import { composedSource } from '../vocabulary/wire-name.ts';
import { type ActionContext, checkAction } from './check-action.ts';
import { checkShare } from './check-comparison.ts';
import { quantityConstant } from './check-constants.ts';
import type { PolicyContext } from './check-policy.ts';
import type { ActionFact, Constant } from './facts.ts';

export type ExpectedActions = Map<Call, ActionFact>;

/** Checks all tests; `expected` gets the actions that they expect. */
export function checkTests(tests: readonly TestDeclaration[], context: PolicyContext, expected: ExpectedActions): void {
  const titles = new Map<string, Span>();
  for (const test of tests) {
    const first = titles.get(test.title.value);
    if (first !== undefined)
      context.report(
        'duplicate-test',
        test.title.span,
        { title: test.title.value },
        { related: [{ span: first, message: 'first here' }] },
      );
    titles.set(test.title.value, first ?? test.title.span);
    checkTest(test, context, expected);
  }
}

function checkTest(test: TestDeclaration, context: PolicyContext, expected: ExpectedActions): void {
  const givens = test.items.filter((item) => item.kind === 'given');
  // A mistake of form may have taken the part that seems to be missing.
  if (!context.bound.broken(test)) {
    if (givens.every((given) => given.rows.length === 0)) context.report('test-without-given', test.title.span, {});
    else if (givens.length === test.items.length) context.report('test-without-expectation', test.title.span, {});
    else if (givens.length > 0) checkWatched(test, givens, context);
  }
  let events = 0;
  for (const item of test.items) {
    if (item.kind === 'given') events += checkGiven(item, context);
    else if (item.kind === 'expect-decision') checkExpectation(item, givens, context, expected);
  }
  if (events > testLimits.events) context.report('test-too-long', test.title.span, { events, most: testLimits.events });
}

/** Of events that no policy looks at nothing is ever decided, whatever the policies are. */
function checkWatched(test: TestDeclaration, givens: readonly GivenClause[], { bound, report }: PolicyContext): void {
  if (test.items.some((item) => item.kind === 'expect-decision')) return;
  const schemas = new Set(givens.map((given) => given.schema.text));
  const { policies } = bound;
  // A schema or policy that could not be read, or is not written yet, may be the one that is meant.
  if (policies.length === 0) return;
  if ([...schemas].some((name) => bound.schemas.get(name)?.broken !== false)) return;
  if (policies.some(({ schema, broken }) => broken || schema === null || schemas.has(schema.name))) return;
  const files = [test, ...bound.tests, ...policies.map((policy) => policy.declaration)].map(({ span }) => span.file);
  const whole = { start: 0, end: Number.POSITIVE_INFINITY };
  if ([...new Set(files)].some((file) => bound.broken({ span: { file, ...whole } }))) return;
  report('test-of-nothing', test.title.span, { schemas: [...schemas] });
}

/** Checks one `given` and returns how many events it makes. */
function checkGiven(given: GivenClause, context: PolicyContext): number {
  const { bound, report } = context;
  const schema = bound.schemas.get(given.schema.text);
  if (schema === undefined && !bound.lost('schema', given.schema.text)) {
    report(
      'unknown-schema',
      given.schema.span,
      {
        name: given.schema.text,
        advice: adviseName(given.schema.text, [...bound.schemas.keys()], 'schemas'),
      },
      { group: `schema ${given.schema.text}` },
    );
  }
  if (schema !== undefined) checkTags(given, schema, context);
  const everyMs = (given.every === null ? schema?.everyMs : wholeMs(given.every, 'every', report)) ?? defaults.everyMs;
  let events = 0;
  for (const row of given.rows) {
    const from = time(row.from, report);
    const to = row.to === null ? from : time(row.to, report);
    if (row.late !== null) wholeMs(row.late, 'arriving', report, true);
    if (from !== null && to !== null) {
      if (to < from && row.to !== null)
        report('empty-series', row.span, { from: literalText(row.from), to: literalText(row.to) });
      events += Math.max(0, Math.floor((to - from) / everyMs) + 1);
    }
    const seen = new Map<string, Span>();
    for (const value of row.values) {
      const first = seen.get(value.metric.text);
      if (first !== undefined)
        report(
          'duplicate-item',
          value.metric.span,
          { kind: 'metric', name: value.metric.text, owner: 'this row' },
          { related: [{ span: first, message: 'first here' }] },
        );
      seen.set(value.metric.text, value.metric.span);
      if (schema !== undefined) checkValue(value, row, schema, report);
    }
  }
  return events;
}

/** A point of time in a test, counted from its beginning. */
function time(literal: QuantityLiteral, report: Report): number | null {
  // `0` needs no unit to be understood.
  if (literal.unit === null && literal.value === 0) return 0;
  return durationMs(literal) === 0 ? 0 : wholeMs(literal, 'a time in a test', report);
}

function checkTags(given: GivenClause, schema: SchemaSymbol, context: PolicyContext): void {
  const { report } = context;
  const seen = new Map<string, Span>();
  for (const binding of given.tags) {
    const name = binding.tag.text;
    const first = seen.get(name);
    if (first !== undefined)
      report(
        'duplicate-item',
        binding.tag.span,
        { kind: 'tag', name, owner: '`given`' },
        { related: [{ span: first, message: 'first here' }] },
      );
    seen.set(name, binding.tag.span);
    const symbol = schema.names.get(name);
    if (symbol === undefined && isPart(schema, name)) continue;
    if (symbol?.kind === 'tag') {
      const always = composedSource(symbol.item.from);
      if (always?.kind === 'always' && always.value.value !== binding.value.value) {
        const advice = `it is always "${always.value.value}"`;
        report('unknown-value', binding.value.span, { name: binding.value.value, tag: name, advice });
      } else if (symbol.values !== null && !symbol.values.includes(binding.value.value)) {
        report('unknown-value', binding.value.span, {
          name: binding.value.value,
          tag: name,
          advice: adviseName(binding.value.value, symbol.values, 'values'),
        });
      }
    } else if (!schema.broken) {
      const tags = [...schema.names.values()].filter((other) => other.kind === 'tag').map((other) => other.name);
      report(
        'unknown-tag',
        binding.tag.span,
        { name, schema: schema.name, advice: adviseName(name, tags, 'tags') },
        { group: `name ${schema.name} ${name}` },
      );
    }
  }
  // A name that is no tag is most likely the key, misspelt.
  const misspelt = given.tags.some(
    ({ tag: { text } }) => schema.names.get(text)?.kind !== 'tag' && !isPart(schema, text),
  );
  if (schema.key !== null && !schema.broken && !misspelt && !hasKey(schema.key, seen) && !context.bound.broken(given)) {
    report('given-without-key', given.schema.span, { key: schema.key.name, schema: schema.name });
  }
}

/** Some key or tag is made of the field of that name, or of all. */
function isPart(schema: SchemaSymbol, name: string): boolean {
  return [schema.key, ...schema.tags].some((tag) => tag !== null && isPartOf(tag, name));
}

function isPartOf(tag: TagSymbol, name: string): boolean {
  const source = composedSource(tag.item.from);
  if (source?.kind === 'all') return !source.except.some(({ value }) => value === name);
  return source?.kind === 'names' && source.names.some(({ value }) => value === name);
}

/** The tags written give the key a value. */
function hasKey(key: TagSymbol, written: ReadonlyMap<string, Span>): boolean {
  if (written.has(key.name) || composedSource(key.item.from)?.kind === 'always') return true;
  return [...written.keys()].some((name) => isPartOf(key, name));
}

function checkValue(value: SeriesValue, row: SeriesRow, schema: SchemaSymbol, report: Report): void {
  const name = value.metric.text;
  const symbol = schema.names.get(name);
  if (symbol?.kind !== 'metric') {
    if (!schema.broken)
      report(
        'unknown-metric',
        value.metric.span,
        {
          name,
          schema: schema.name,
          advice: adviseName(
            name,
            schema.metrics.map((metric) => metric.name),
            'metrics',
          ),
        },
        { group: `name ${schema.name} ${name}` },
      );
    return;
  }
  if (value.value.kind === 'ramp') checkRamp(value.value, row, symbol, report);
  for (const point of pointsOf(value.value)) checkPoint(point, value, symbol, report);
}

/** Everything that a row may send of one metric. */
function pointsOf(value: SeriesValue['value']): readonly SeriesPoint[] {
  if (value.kind === 'ramp') return [value.from, value.to];
  return value.kind === 'cycle' ? value.points : [value];
}

/** A ramp needs time to rise in, and steps between its ends. */
function checkRamp(ramp: Ramp, row: SeriesRow, symbol: MetricSymbol, report: Report): void {
  if (row.to !== null && symbol.type.kind !== 'bool') return;
  const why = row.to === null ? 'moment' : 'truth';
  report('unfit-ramp', ramp.span, { metric: symbol.name, at: literalText(row.from), why });
}

function checkPoint(point: SeriesPoint, value: SeriesValue, symbol: MetricSymbol, report: Report): void {
  if (point.kind === 'nothing' || symbol.type.kind === 'error') return;
  const constant = literalConstant(point, report);
  if (constant === null) return;
  if (fitsMetric(symbol.type, constant.type)) {
    checkShare(symbol.type, point, { report, constant: () => constant }, [
      { span: symbol.item.span, message: 'declared here' },
    ]);
    return;
  }
  const type = plainType(symbol.type);
  report(
    'unfit-value',
    value.value.kind === 'ramp' || value.value.kind === 'cycle' ? point.span : value.span,
    { metric: symbol.name, type: describeType(symbol.type), text: constant.text ?? '', example: exampleLiteral(type) },
    { related: [{ span: symbol.item.span, message: 'declared here' }] },
  );
}

function literalConstant(literal: QuantityLiteral | BooleanLiteral, report: Report): Constant | null {
  if (literal.kind === 'quantity') return quantityConstant(literal, report);
  return { type: boolType, value: literal.value, text: String(literal.value) };
}

/** A counter's values are written as what it counts. */
function plainType(type: Type): Type {
  if (type.kind === 'histogram') return type.of;
  return type.kind === 'quantity' && type.flavour === 'counter' ? quantity(type.time, type.bytes) : type;
}

function fitsMetric(metric: Type, value: Type): boolean {
  if (value.kind === 'bool') return metric.kind === 'bool';
  if (value.kind !== 'quantity') return false;
  if (metric.kind === 'bool') return value.time === 0 && value.bytes === 0 && value.flavour === 'either';
  const plain = plainType(metric);
  return plain.kind === 'quantity' && compatible(plain, value);
}

function checkExpectation(
  expected: ExpectDecision,
  givens: readonly GivenClause[],
  context: PolicyContext,
  actions: ExpectedActions,
): void {
  const { bound, report } = context;
  time(expected.at, report);
  if (expected.gate !== null && !gateByWord.has(expected.gate.text)) {
    const words = gates.map((entry) => entry.word);
    report('unknown-gate', expected.gate.span, {
      name: expected.gate.text,
      advice: adviseName(expected.gate.text, words, 'gates'),
    });
  }
  let policy: PolicySymbol | undefined;
  if (expected.policy !== null) {
    policy = bound.policyByName.get(expected.policy.text);
    if (policy === undefined && !bound.lost('policy', expected.policy.text)) {
      report(
        'unknown-policy',
        expected.policy.span,
        {
          name: expected.policy.text,
          advice: adviseName(expected.policy.text, [...bound.policyByName.keys()], 'policies'),
        },
        { group: `policy ${expected.policy.text}` },
      );
    }
  }
  const schema =
    policy?.schema ?? (givens[0] === undefined ? null : (bound.schemas.get(givens[0].schema.text) ?? null));
  const actionContext: ActionContext = { ...context, schema, parameters: new Set(), partial: true };
  for (const call of expected.actions ?? []) {
    const known = bound.actions.has(call.callee.text);
    // An action that is misspelt in the policy has been told there.
    const taken =
      policy?.actions.some(
        ({ action: { callee } }) => callee.text === call.callee.text || !bound.actions.has(callee.text),
      ) ?? true;
    if (known && !taken && policy !== undefined && !policy.broken)
      report('impossible-expectation', call.span, { policy: policy.name, action: call.callee.text });
    else {
      const fact = checkAction(call, actionContext);
      if (fact !== null) actions.set(call, fact);
    }
  }
}
