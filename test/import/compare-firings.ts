// When the two begin to fire, tick by tick, and why they differ where they do.

import type { SampledRule } from './oracle-series.ts';
import type { OurFirings } from './our-firings.ts';
import type { FiringTicks } from './promtool.ts';

export interface Comparison {
  /** `equal`, or why not. */
  readonly reason: string;
  readonly fires: boolean;
  /** Where they first differ. */
  readonly detail: string;
}

export function compareFirings(theirs: FiringTicks, ours: OurFirings, { ticks }: SampledRule): Comparison {
  const begun = new Map<string, Set<number>>();
  for (const [labels, firing] of theirs) {
    const key = ours.keyOf(JSON.parse(labels) as Record<string, string>);
    begun.set(key, new Set(firing.filter((tick, index) => index === 0 || firing[index - 1] !== tick - 1)));
  }
  const own = new Map<string, Set<number>>();
  for (const { key, from } of ours.episodes) own.set(key, (own.get(key) ?? new Set()).add(from));
  const fires = begun.size > 0 || own.size > 0;
  const reasons = new Set<string>();
  const details: string[] = [];
  for (const key of new Set([...begun.keys(), ...own.keys()])) {
    const [left, right] = [begun.get(key) ?? new Set<number>(), own.get(key) ?? new Set<number>()];
    const rows = ours.rows.get(key) ?? new Set<number>();
    const onlyTheirs = [...left].filter((tick) => !right.has(tick));
    const onlyOurs = [...right].filter((tick) => !left.has(tick));
    if (onlyTheirs.length === 0 && onlyOurs.length === 0) continue;
    // The next event is the first moment at which a policy is judged.
    const moved = new Set(onlyTheirs.map((tick) => nextRow(tick, rows, ticks)));
    const atEvents = onlyTheirs.every((tick) => !rows.has(tick)) && onlyOurs.every((tick) => moved.has(tick));
    reasons.add(atEvents ? 'no event at the tick: a policy is judged at events' : 'different');
    details.push(`${key}: Prometheus at ${onlyTheirs.join(' ') || '-'}, the policy at ${onlyOurs.join(' ') || '-'}`);
  }
  if (reasons.size === 0) return { reason: 'equal', fires, detail: '' };
  return {
    reason: reasons.has('different') ? 'different' : [...reasons][0],
    fires,
    detail: `\n             ${details.join('\n             ')}`,
  };
}

function nextRow(tick: number, rows: ReadonlySet<number>, ticks: number): number {
  for (let next = tick; next < ticks; next++) if (rows.has(next)) return next;
  return -1;
}
