// Tests of the language to plans that a runner can carry out without knowing the tree. Only for programs without errors.

import type {
  ExpectDecision,
  GivenClause,
  QuantityLiteral,
  SeriesPoint,
  SeriesValue,
  TestDeclaration,
} from '../../grammar/ast.ts';
import type { Bound } from '../1-bind/symbols.ts';
import type { Facts } from '../2-check/facts.ts';
import { defaults } from '../vocabulary/defaults.ts';
import { gateByWord } from '../vocabulary/gates.ts';
import { canonicalValue, durationMs } from '../vocabulary/units.ts';
import { composedSource, wireNameOf } from '../vocabulary/wire-name.ts';
import { actionArguments } from './lower-policy.ts';
import type { SourceText } from './source-text.ts';
import type { ExpectationPlan, RowPlan, SeriesCourse, SeriesPlan, TestPlan } from './test-plan.ts';

export function lowerTest(test: TestDeclaration, bound: Bound, facts: Facts, text: SourceText): TestPlan {
  const series: SeriesPlan[] = [];
  const expected: ExpectationPlan[] = [];
  let nothing: TestPlan['nothing'] = null;
  for (const item of test.items) {
    if (item.kind === 'given') series.push(lowerGiven(item, bound));
    else if (item.kind === 'expect-decision') expected.push(lowerExpectation(item, facts, text));
    else if (nothing !== 'all') nothing = item.otherwise ? 'rest' : 'all';
  }
  const { span } = test.title;
  return { name: test.title.value, file: span.file, line: text.line(span), series, expected, nothing };
}

function lowerGiven(given: GivenClause, bound: Bound): SeriesPlan {
  const schema = bound.schemas.get(given.schema.text);
  if (schema === undefined) throw new Error(`unknown schema ${given.schema.text} was not stopped`);
  const tags = new Map(given.tags.map((binding) => [binding.tag.text, binding.value.value]));
  const everyMs = (given.every === null ? schema.everyMs : durationMs(given.every)) ?? defaults.everyMs;
  return {
    schema: schema.index,
    key: tags.get(schema.key?.name ?? '') ?? null,
    tags: schema.tags.map((tag) => tags.get(tag.name) ?? null),
    wire: [...tags].flatMap(([name, value]) => {
      const item = schema.names.get(name)?.item;
      if (item === undefined || item.kind === 'metric') return [[name, value] as const];
      return composedSource(item.from) === null ? [[wireNameOf(item.from) ?? name, value] as const] : [];
    }),
    rows: given.rows.map((row): RowPlan => {
      const fromMs = timeMs(row.from);
      const values = row.values.flatMap(({ metric, value }) => {
        const symbol = schema.names.get(metric.text);
        if (symbol?.kind !== 'metric') return [];
        return [{ slot: symbol.slot, course: courseOf(value) }];
      });
      const toMs = row.to === null ? fromMs : timeMs(row.to);
      return { fromMs, toMs, everyMs, lateMs: row.late === null ? 0 : timeMs(row.late), values };
    }),
  };
}

function courseOf(value: SeriesValue['value']): SeriesCourse {
  switch (value.kind) {
    case 'ramp':
      return { from: canonicalValue(value.from), to: canonicalValue(value.to) };
    case 'cycle':
      return { points: value.points.map(pointOf) };
    default:
      return { points: [pointOf(value)] };
  }
}

function pointOf(point: SeriesPoint): number | null {
  switch (point.kind) {
    case 'boolean':
      return Number(point.value);
    case 'quantity':
      return canonicalValue(point);
    case 'nothing':
      return point.word === 'NaN' ? Number.NaN : null;
  }
}

function lowerExpectation(expected: ExpectDecision, facts: Facts, text: SourceText): ExpectationPlan {
  return {
    text: text.folded(expected.span),
    line: text.line(expected.span),
    policy: expected.policy?.text ?? null,
    key: expected.key?.value ?? null,
    gate: expected.gate === null ? null : (gateByWord.get(expected.gate.text)?.gate ?? expected.gate.text),
    rearmed: expected.rearmed,
    atMs: timeMs(expected.at),
    actions:
      expected.actions?.flatMap((call) => {
        const fact = facts.expectedActions.get(call);
        return fact === undefined ? [] : [{ name: fact.entry.name, target: fact.target, args: actionArguments(fact) }];
      }) ?? null,
  };
}

function timeMs(literal: QuantityLiteral): number {
  return durationMs(literal) ?? 0;
}
