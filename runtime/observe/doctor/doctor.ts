// Examines what surrounds an engine, check after check; one that can't be carried out, or not in time, is a finding and
// no end.

import type { Timers } from '../../ports/timers.ts';
import { bundleChecks } from './bundle-checks.ts';
import type { DoctorCheck, Finding, Part, Surroundings } from './check.ts';
import { trouble } from './check.ts';
import { engineChecks } from './engine-checks.ts';
import { kafkaChecks } from './kafka-checks.ts';
import { postgresChecks } from './postgres-checks.ts';
import { redisChecks } from './redis-checks.ts';

/** In the order in which they are examined and stand on the page. */
export const parts = ['bundle', 'redis', 'postgres', 'kafka', 'engine'] as const satisfies readonly Part[];
const checks: { readonly [P in Part]: readonly DoctorCheck<P>[] } = {
  bundle: bundleChecks,
  redis: redisChecks,
  postgres: postgresChecks,
  kafka: kafkaChecks,
  engine: engineChecks,
};

const checkMsMax = 10_000;
const reach = 'Start it, or put its address and login right, and see whether this machine may reach it.';

export interface Diagnosis extends Finding {
  readonly part: Part;
  readonly check: string;
  /** What to do about it; `null` when it is fine. */
  readonly remedy: string | null;
}

/** All parts at once: one that does not answer holds nobody up. */
export async function examine(surroundings: Surroundings, timers: Timers): Promise<readonly Diagnosis[]> {
  return (await Promise.all(parts.map((part) => examinePart(part, surroundings, timers)))).flat();
}

async function examinePart<P extends Part>(
  part: P,
  surroundings: Surroundings,
  timers: Timers,
): Promise<readonly Diagnosis[]> {
  const subject: Surroundings[P] = surroundings[part];
  if (subject === null) return [];
  const all: Diagnosis[] = [];
  for (const { name: check, remedy, examine, msMax = checkMsMax } of checks[part]) {
    try {
      // The compiler does not see that what is not `null` is so in the narrowed type too.
      const examining = examine(subject as NonNullable<Surroundings[P]>, surroundings);
      for (const finding of await within(msMax, examining, timers))
        all.push({ part, check, ...finding, remedy: finding.level === 'fine' ? null : remedy });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const { level, message } = trouble(`${subject.address} could not be asked: ${said}`);
      // What is not there is told once, and not waited for again and again.
      if (!all.some((told) => told.message === message)) all.push({ part, check, level, message, remedy: reach });
      if (error instanceof TookTooLong) break;
    }
  }
  return all;
}

class TookTooLong extends Error {}

function within<T>(ms: number, work: Promise<T>, timers: Timers): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(new TookTooLong(`no answer within ${ms / 1000} s`)));
    work.then(resolve, reject).finally(cancel);
  });
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
