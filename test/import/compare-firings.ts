// When the two begin to fire, tick by tick.

import type { OurFirings } from './our-firings.ts';
import type { FiringTicks } from './promtool.ts';

export interface Comparison {
  readonly equal: boolean;
  /** One of the two fires at least once. */
  readonly fires: boolean;
  /** Where they differ, for people. */
  readonly detail: string;
}

export function compareFirings(theirs: FiringTicks, ours: OurFirings): Comparison {
  const begun = new Map<string, readonly number[]>();
  for (const [labels, firing] of theirs)
    begun.set(ours.keyOf(JSON.parse(labels) as Record<string, string>), beginnings(firing));
  const own = Map.groupBy(ours.episodes, ({ key }) => key);
  const details: string[] = [];
  for (const key of new Set([...begun.keys(), ...own.keys()])) {
    const left = begun.get(key) ?? [];
    const right = (own.get(key) ?? []).map(({ from }) => from);
    const onlyTheirs = left.filter((tick) => !right.includes(tick));
    const onlyOurs = right.filter((tick) => !left.includes(tick));
    if (onlyTheirs.length === 0 && onlyOurs.length === 0) continue;
    details.push(`${key}: Prometheus at ${onlyTheirs.join(' ') || '-'}, the policy at ${onlyOurs.join(' ') || '-'}`);
  }
  const lines = details.map((line) => `\n             ${line}`);
  return { equal: details.length === 0, fires: begun.size > 0 || own.size > 0, detail: lines.join('') };
}

function beginnings(firing: readonly number[]): readonly number[] {
  return firing.filter((tick, index) => index === 0 || firing[index - 1] !== tick - 1);
}
