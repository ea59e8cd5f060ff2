// Examines what surrounds an engine, check after check; one that can't be carried out is a finding and no end.

import type { DoctorCheck, Finding, Part, Surroundings } from './check.ts';
import { trouble } from './check.ts';
import { engineChecks } from './engine-checks.ts';
import { kafkaChecks } from './kafka-checks.ts';
import { postgresChecks } from './postgres-checks.ts';
import { redisChecks } from './redis-checks.ts';

/** In the order in which they are examined and stand on the page. */
const checks = { redis: redisChecks, postgres: postgresChecks, kafka: kafkaChecks, engine: engineChecks };
const parts = ['redis', 'postgres', 'kafka', 'engine'] as const satisfies readonly Part[];

export interface Diagnosis extends Finding {
  readonly check: string;
  /** What to do about it; `null` when it is fine. */
  readonly remedy: string | null;
}

export async function examine(surroundings: Surroundings): Promise<readonly Diagnosis[]> {
  const all: Diagnosis[] = [];
  for (const part of parts) all.push(...(await examinePart(part, surroundings)));
  return all;
}

async function examinePart<P extends Part>(part: P, surroundings: Surroundings): Promise<readonly Diagnosis[]> {
  const subject: Surroundings[P] = surroundings[part];
  if (subject === null) return [];
  // The table's type loses that the list under `part` is of checks of that part.
  const own = checks[part] as unknown as readonly DoctorCheck<P>[];
  const all: Diagnosis[] = [];
  for (const check of own) {
    for (const finding of await findingsOf(check, subject as NonNullable<Surroundings[P]>, surroundings)) {
      all.push({ ...finding, check: check.name, remedy: finding.level === 'fine' ? null : check.remedy });
    }
  }
  return all;
}

async function findingsOf<P extends Part>(
  check: DoctorCheck<P>,
  subject: NonNullable<Surroundings[P]>,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  try {
    return await check.examine(subject, surroundings);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [trouble(`${subject.address} could not be asked: ${said}`)];
  }
}

/** The reference's page: a row for each check. */
export function troubleshootingPage(): string {
  const rows = parts.flatMap((part) =>
    checks[part].map(({ name, symptom, law, remedy }) => `| ${symptom} | ${law} | ${remedy} | \`${name}\` |`),
  );
  return `${[
    '# Troubleshooting',
    '',
    'Made from the checks of `ddlc doctor`, which looks at all of them; a test holds this page to the code.',
    '',
    '| what you see | what must hold | what to do | check |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')}\n`;
}
