// Durations in conditions: whole milliseconds, or a report.

import type { QuantityLiteral } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { longestMs } from './shapes.ts';
import { durationMs, literalText } from './units.ts';

/** The duration in ms, or `null` after a report. `where` is the word that takes it; `zero`: 0 is a duration too. */
export function wholeMs(literal: QuantityLiteral, where: string, report: Report, zero = false): number | null {
  const ms = durationMs(literal);
  if (ms !== null && ms <= longestMs && (ms > 0 || (zero && ms === 0))) return ms;
  report('bad-duration', literal.span, { where, text: literalText(literal) });
  return null;
}
