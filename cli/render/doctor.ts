// What `ddlc doctor` found, for people and as JSON.

import type { Part, Surroundings } from '../../runtime/observe/doctor/check.ts';
import { type Diagnosis, parts } from '../../runtime/observe/doctor/doctor.ts';
import { plural } from '../summarize.ts';
import { printable } from './printable.ts';

const names: Readonly<Record<Part, string>> = {
  bundle: 'bundle',
  redis: 'Redis',
  postgres: 'PostgreSQL',
  kafka: 'Kafka',
  engine: 'engine',
};

/** What makes a part be examined. */
const namedBy: Readonly<Record<Part, string>> = {
  bundle: '`ddlc doctor BUNDLE`',
  redis: '`gates.redis`',
  postgres: '`ledger.postgres`',
  kafka: '`sources.kafka`',
  engine: '`--engine URL`',
};

const words = { fine: 'ok', warning: 'warning', problem: 'PROBLEM' } as const;
const indent = ' '.repeat(11);

export function doctorText(surroundings: Surroundings, all: readonly Diagnosis[]): string {
  const lines = parts.flatMap((part) => {
    const subject = surroundings[part];
    if (subject === null) return [];
    const own = all.filter((diagnosis) => diagnosis.part === part);
    return [`${names[part]} ${subject.address}`, ...own.flatMap(linesOf)];
  });
  const left = leftOut(surroundings);
  if (left.length > 0) lines.push(leftOutText(left));
  const problems = all.filter(({ level }) => level === 'problem').length;
  const warnings = all.filter(({ level }) => level === 'warning').length;
  lines.push(`${plural(problems, 'problem', 'problems')}, ${plural(warnings, 'warning', 'warnings')}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function linesOf({ level, message, check, remedy }: Diagnosis): readonly string[] {
  const head = `  ${words[level].padEnd(indent.length - 2)}${message}`;
  return remedy === null ? [head] : [`${head}  [${check}]`, `${indent}→ ${remedy}`];
}

/** In one line. */
export function leftOutText(left: readonly Part[]): string {
  return `not named, and not looked at: ${left.map((part) => `${names[part]} (${namedBy[part]})`).join(', ')}`;
}

export function leftOut(surroundings: Surroundings): readonly Part[] {
  return parts.filter((part) => surroundings[part] === null);
}

export function doctorDocument(surroundings: Surroundings, all: readonly Diagnosis[]): object {
  return {
    sound: all.every(({ level }) => level !== 'problem'),
    examined: parts.flatMap((part) => {
      const subject = surroundings[part];
      return subject === null ? [] : [{ part, address: subject.address }];
    }),
    leftOut: leftOut(surroundings),
    findings: all,
  };
}
