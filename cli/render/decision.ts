// A decision in words: what, why with values, and what was done or which gate stood in the way.

import { styleText } from 'node:util';
import { isCarriedOut } from '../../runtime/actions/index.ts';
import type { ClauseMeta, ProgramMeta } from '../../runtime/contract.ts';
import type { Decision, PlannedAction } from '../../runtime/decision.ts';
import { printable } from './printable.ts';

/** Several lines, without a final line break. */
export function renderDecision(decision: Decision, program: ProgramMeta, color: boolean): string {
  const { policy, key, at, outcome, reason, actions, source, cause } = decision;
  const style = (format: 'bold' | 'dim' | 'yellow' | 'green' | 'cyan', text: string): string =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const meta = program.policies.find((candidate) => candidate.name === policy);
  const head = [
    style('dim', new Date(at).toISOString().slice(0, 19).replace('T', ' ')),
    style(outcome === 'admitted' ? 'green' : outcome === 'refused' ? 'yellow' : 'cyan', outcome.padEnd(8)),
    `${style('bold', policy)} for ${printable(key)}${cause === 'repeat' ? ' (still true)' : ''}`,
  ];
  const because = (meta?.clauses ?? []).map(
    (clause) => `${clause.text}: ${measured(clause, decision.values[clause.text])}`,
  );
  return [
    head.join('  '),
    ...because.map((text, index) => `    ${index === 0 ? 'because ' : '        '} ${printable(text)}`),
    ...whatIsDone(outcome, actions).map(
      ([verb, done]) => `    ${verb.padEnd(8)} ${printable(done.map(describeAction).join(', '))}`,
    ),
    ...(reason === null ? [] : [`    ${'gate'.padEnd(8)} ${printable(reason)}`]),
    `    ${style('dim', `policy   ${printable(source)}`)}`,
  ].join('\n');
}

/** What becomes of the actions, in a word, with the actions of which it is true. */
function whatIsDone(
  outcome: Decision['outcome'],
  actions: readonly PlannedAction[],
): readonly (readonly [verb: string, actions: readonly PlannedAction[]])[] {
  if (outcome === 'refused') return [['not done', actions]];
  if (outcome !== 'admitted') return [['would do', actions]];
  const done = actions.filter(isCarriedOut);
  const recorded = actions.filter((action) => !isCarriedOut(action));
  return [['does', done] as const, ['recorded only, this build has no provider for', recorded] as const].filter(
    ([, some]) => some.length > 0,
  );
}

function measured(clause: ClauseMeta, value: number | null | undefined): string {
  return value === null || value === undefined ? 'no value' : `now ${formatValue(value, clause.type)}`;
}

/** A canonical value in the unit that people read: percent, milliseconds or seconds, bytes with a prefix. */
export function formatValue(value: number, type: string): string {
  if (type.startsWith('ratio')) return `${short(value * 100)}%`;
  if (type.startsWith('duration')) return Math.abs(value) < 1 ? `${short(value * 1000)}ms` : `${short(value)}s`;
  if (type.startsWith('bytes')) return bytes(value);
  if (type.startsWith('rate')) return `${short(value)}/s`;
  return short(value);
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${short(scaled)} ${units[unit]}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function describeAction({ name, target, args }: PlannedAction): string {
  const inner = [
    ...(target === null ? [] : [target]),
    ...Object.entries(args).map(([label, value]) => `${label}: ${JSON.stringify(value)}`),
  ];
  return `${name}(${inner.join(', ')})`;
}
