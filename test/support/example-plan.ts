// An example of a finding as a test that the runner replays through partition, evaluator and gates.

import type { TestPlan } from '../../compiler/4-lower/test-plan.ts';
import type { Example, ExampleSeries } from '../../compiler/diagnostics/diagnostic.ts';

export function examplePlan({ series }: Pick<Example, 'series'>): TestPlan {
  return { name: 'example', file: '', line: 0, series: series.map(seriesPlan), expected: [], nothing: null };
}

function seriesPlan({ schema, key, tags, rows }: ExampleSeries): TestPlan['series'][number] {
  return {
    schema,
    key,
    tags,
    wire: [],
    rows: rows.map(({ fromMs, toMs, everyMs, values, nothing }) => ({
      fromMs,
      toMs,
      everyMs,
      lateMs: 0,
      values: [
        ...values.map(({ slot, from, to }) => ({ slot, course: { from, to } })),
        ...nothing.map((slot) => ({ slot, course: { points: [Number.NaN] } })),
      ],
    })),
  };
}
