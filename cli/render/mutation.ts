// What mutants the tests did not notice: the changed line of each, as a diff, and the score.

import type { MutationReport, Survivor } from '../mutate/mutate.ts';
import { percent } from './coverage.ts';
import { printable } from './printable.ts';

/** `lineOf` says where a survivor's change stands: `file.ddl:line`. */
export function renderMutation(report: MutationReport, lineOf: (survivor: Survivor) => string): string {
  const { killed, survivors, invalid, equivalent, score, policies } = report;
  const aside = [
    ...(invalid === 0 ? [] : [`${invalid} do not compile`]),
    ...(equivalent === 0 ? [] : [`${equivalent} mean the same`]),
    ...(report.tried === report.mutants
      ? []
      : [`${report.mutants - report.tried} of ${report.mutants} were not drawn`]),
  ];
  return [
    ...survivors.map((survivor) =>
      [
        `survived  ${survivor.policies.join(', ')}  ${lineOf(survivor)}  ${survivor.kind}`,
        ...diff('-', survivor.before),
        ...diff('+', survivor.after),
        '',
      ].join('\n'),
    ),
    ...policies
      .filter(({ survived }) => survived > 0)
      .map((entry) => `${entry.policy}: ${entry.killed} of ${entry.killed + entry.survived} killed`),
    `score ${percent({ share: score })}: ${killed} of ${killed + survivors.length} mutants killed${aside.length === 0 ? '' : ` (${aside.join(', ')})`}\n`,
  ].join('\n');
}

function diff(sign: string, line: string): readonly string[] {
  return line === '' ? [] : [`  ${sign} ${printable(line)}`];
}
