// Base against head on the same telemetry: a line for each policy that differs, the first differences, the sums.

import { durationText } from '../../runtime/admission/wording.ts';
import type { BacktestComparison, ComparedDecision, Difference } from '../compare-backtests.ts';
import { printable } from './printable.ts';

/** Differences that are shown one by one. */
const differencesShown = 20;

export function renderComparison({ total, policies, differences }: BacktestComparison): string {
  const differing = policies.filter(({ base, head, same }) => same < base || same < head);
  const width = Math.max(6, ...differing.map(({ policy }) => policy.length));
  const head = ['base', 'head', 'same', 'only base', 'only head', 'moved', 'changed'];
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
  const more = differences.length - differencesShown;
  return [
    ...(differing.length === 0 ? [] : [row('policy', head)]),
    ...differing.map((one) =>
      row(one.policy, [one.base, one.head, one.same, one.onlyBase, one.onlyHead, one.moved, one.changed]),
    ),
    ...(differing.length === 0 ? [] : ['']),
    ...differences.slice(0, differencesShown).map(renderDifference),
    ...(more > 0 ? [`… and ${more} more; --format json has all`] : []),
    ...(differences.length === 0 ? [] : ['']),
    differences.length === 0
      ? `the same ${total.same} decisions\n`
      : `${total.same} same, ${total.onlyBase} only in base, ${total.onlyHead} only in head, ${total.moved} moved in time, ${total.changed} with another outcome\n`,
  ].join('\n');
}

function renderDifference({ kind, policy, key, base, head }: Difference): string {
  const what = printable(`${policy} for ${key}`);
  if (kind === 'moved' && base !== null && head !== null) {
    const byMs = head.at - base.at;
    const moved = `${durationText(Math.abs(byMs))} ${byMs > 0 ? 'later' : 'earlier'}`;
    return `moved      ${isoTime(base.at)} → ${isoTime(head.at)} (${moved})  ${what}: ${outcomeOf(head)}`;
  }
  if (kind === 'changed' && base !== null && head !== null)
    return `changed    ${isoTime(base.at)}  ${what}: ${outcomeOf(base)} → ${outcomeOf(head)}`;
  const only = (base ?? head) as ComparedDecision;
  return `${kind.padEnd(9)}  ${isoTime(only.at)}  ${what}: ${outcomeOf(only)}`;
}

function outcomeOf({ outcome, gate, actions }: ComparedDecision): string {
  return printable(gate === null ? `${outcome} ${actions.join(', ')}` : `${outcome} by ${gate}`);
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Times are ISO. */
export function comparisonJson(comparison: BacktestComparison): Readonly<Record<string, unknown>> {
  const shown = (decision: ComparedDecision | null) =>
    decision === null ? null : { ...decision, at: isoTime(decision.at) };
  const differences = comparison.differences.map((difference) => ({
    ...difference,
    base: shown(difference.base),
    head: shown(difference.head),
    ...(difference.kind === 'moved' ? { byMs: (difference.head?.at ?? 0) - (difference.base?.at ?? 0) } : {}),
  }));
  return { ...comparison, differences };
}
