// Between the threshold at which a fleet grows and the one at which it shrinks lies a band in which neither happens.

import type { NumberIr } from '../../4-lower/ir.ts';
import { isBooleanIr } from '../../4-lower/timers.ts';
import { direction, fleetText, opposing } from '../doings.ts';
import type { ProofRule } from '../rule.ts';
import type { Interval } from '../solve/conjunction.ts';
import { type Subject, shown } from '../subject.ts';
import { pairsOnOneFleet } from './opposite-actions.ts';

/** The band, as a share of the greater threshold. */
const bandLeast = 0.1;

export const oscillation: ProofRule = {
  names: ['oscillation'],
  program({ subjects, spanOf }, report) {
    for (const [one, other] of pairsOnOneFleet(subjects)) {
      if (one === other || one.ir.meta.schema !== other.ir.meta.schema) continue;
      const actions = opposing(one, other);
      if (actions === null || direction(actions[0])?.kind === 'to') continue;
      const [up, down] = direction(actions[0])?.kind === 'up' ? [one, other] : [other, one];
      const band = bandOf(up, down);
      if (band === null) continue;
      const example = alternation(up, down);
      if (example === null) continue;
      report(
        'oscillation',
        spanOf(other.ir.when, other.facts.policy.declaration.name.span),
        { policy: other.name, other: one.name, fleet: fleetText(actions[0].target), measure: band.measure },
        {
          related: [
            {
              span: spanOf(one.ir.when, one.facts.policy.declaration.name.span),
              message: 'changes the fleet the other way',
            },
          ],
          example,
        },
      );
    }
  },
};

interface Band {
  readonly measure: string;
}

/** `null` when some measure has to move by a good deal, or when none is in the way. */
function bandOf(up: Subject, down: Subject): Band | null {
  const [above, below] = [intervalsOf(up), intervalsOf(down)];
  if (above === null || below === null) return null;
  let found: Band | null = null;
  for (const [measure, high] of above) {
    const low = below.get(measure);
    if (low === undefined) continue;
    const [rising, falling] =
      high.interval.low >= low.interval.high ? [high.interval, low.interval] : [low.interval, high.interval];
    const gap = rising.low - falling.high;
    if (!(gap >= 0)) continue;
    if (gap >= bandLeast * Math.max(Math.abs(rising.low), Math.abs(falling.high))) return null;
    found = { measure: high.text };
  }
  return found;
}

type Bounded = ReadonlyMap<string, { readonly interval: Interval; readonly text: string }>;

/** What a condition without alternatives asks of each measure. */
function intervalsOf(subject: Subject): Bounded | null {
  const { solver, ir, variables, schema } = subject;
  if (hasAlternatives(ir.when)) return null;
  const answer = solver.solve({ op: 'all', parts: subject.met });
  if (answer === 'never' || answer === 'unknown') return null;
  const intervals = new Map<string, { interval: Interval; text: string }>();
  for (const [variable, interval] of answer.intervals) {
    const { ir: value, owner } = variables.get(variable);
    const measure = smoothed(value, owner);
    if (measure === null) continue;
    const text = measure.op === 'metric' ? (schema.metrics[measure.slot]?.name ?? '') : '';
    intervals.set(variables.identity(measure, owner), { interval, text });
  }
  return intervals;
}

function hasAlternatives(ir: Subject['ir']['when']): boolean {
  if (ir.op === 'and') return ir.operands.some(hasAlternatives);
  return ir.op === 'for' ? hasAlternatives(ir.condition) : ir.op === 'or' || ir.op === 'not';
}

/** Behind a mean, an extreme or a hold: what is measured. `null` for what counts or sums. */
function smoothed(ir: NumberIr, owner: Subject['ir']): NumberIr | null {
  if (ir.op !== 'derived') return ir;
  const input = owner.derived[ir.index]?.input;
  if (input === undefined || isBooleanIr(input) || !/^(?:value|avg|last|quantile .*)$/.test(ir.output)) return null;
  return smoothed(input, owner);
}

/** First what makes it grow, then what makes it shrink. */
function alternation(up: Subject, down: Subject) {
  const first = up.series(up.solver.solve({ op: 'all', parts: up.met }), [down]);
  const endMs = first?.rows.at(-1)?.toMs ?? 0;
  const everyMs = first?.rows.at(-1)?.everyMs ?? 0;
  const second = down.series(down.solver.solve({ op: 'all', parts: down.met }), [up], { fromMs: endMs + everyMs });
  if (first === null || second === null) return null;
  const series = [{ ...first, rows: [...first.rows, ...second.rows] }];
  return shown({ series, outcome: `first \`${up.name}\` fires, then \`${down.name}\``, fires: [up, down] });
}
