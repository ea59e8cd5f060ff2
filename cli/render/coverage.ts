// What the tests have seen of each policy, as a table; what they have never seen says so.

import type { Coverage, PolicyCoverage, Share } from '../coverage.ts';

export function renderCoverage(coverage: Coverage): string {
  const { clauses, states, policies } = coverage;
  return [
    ...policies.map(renderPolicy),
    `coverage ${percent(coverage)}: clauses both ways ${ratio(clauses)}, states ${ratio(states)}\n`,
  ].join('\n');
}

function renderPolicy({ policy, source, clauses, states }: PolicyCoverage): string {
  const cells = (counts: readonly number[]): string => counts.map((count) => cell(count)).join('');
  return [
    `${policy}  (${source})`,
    `  ${['true', 'false', 'unknown'].map((word) => word.padStart(9)).join('')}`,
    ...clauses.map(
      (clause) =>
        `  ${cells([clause.true, clause.false])}${String(clause.unknown || '-').padStart(9)}   ${clause.clause} ${clause.text}`,
    ),
    ...states.map(({ state, count }) => `  ${' '.repeat(18)}${cell(count)}   ${state}`),
    '',
  ].join('\n');
}

function cell(count: number): string {
  return (count === 0 ? 'never' : String(count)).padStart(9);
}

function ratio(share: Share): string {
  return `${share.covered} of ${share.total} (${percent(share)})`;
}

/** Rounded down: nothing but all of it is 100%. */
export function percent({ share }: { readonly share: number }): string {
  return `${Math.floor(share * 1000) / 10}%`;
}
