// The unit that a metric is declared with is the one that its name on the wire speaks of.

import type { MetricSymbol } from '../1-bind/symbols.ts';
import { wireNameOf } from '../vocabulary/wire-name.ts';
import type { LintRule } from './rule.ts';

/** By the end of a name: the types that it concerns, and the units that it may mean. */
const endings: readonly (readonly [RegExp, string, readonly string[]])[] = [
  [/[._](?:pct|percent|percentage)$/, 'ratio', ['percent']],
  [/[._]ratio$/, 'ratio', ['']],
  [/[._](?:ms|msec|millis|milliseconds)$/, 'duration', ['ms']],
  [/[._](?:s|sec|secs|seconds)$/, 'duration', ['', 's']],
  [/[._]minutes$/, 'duration', ['m']],
  [/[._]bytes$/, 'bytes', ['', 'B']],
];

export const unitAgainstName: LintRule = {
  names: ['unit-against-name'],
  program({ bound }, report) {
    for (const schema of bound.schemas.values())
      for (const metric of schema.metrics) {
        const wire = wireNameOf(metric.item.from) ?? metric.name;
        const meant = meantUnit(metric, wire);
        if (meant === null) continue;
        const { type, unit } = metric.item;
        report('unit-against-name', unit?.span ?? type.span, {
          wire,
          type: type.text,
          unit: unit?.text ?? null,
          meant,
        });
      }
  },
};

/** The unit that the name speaks of when it is another than the declared one. */
function meantUnit({ item, type }: MetricSymbol, wire: string): string | null {
  if (type.kind !== 'quantity') return null;
  for (const [ending, name, units] of endings) {
    if (item.type.text !== name || !ending.test(wire)) continue;
    return units.includes(item.unit?.text ?? '') ? null : (units.at(-1) ?? null);
  }
  return null;
}
