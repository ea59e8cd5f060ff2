// `ddl.json` in a project's folder: what the project allows itself. The engine does not read it; a file of its own, so
// that a repository of policies needs to know nothing of where they run.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ProjectSettings } from '../compiler/analyse.ts';
import { systemClock } from '../runtime/ports/clock.ts';
import { fileError, UsageError } from './usage-error.ts';

const name = 'ddl.json';

const count = z.int().positive().nullable().default(null);
const costs = z.strictObject({ bytesPerKey: count, operationsPerEvent: count, lookBackMs: count }).prefault({});

const schema = z.strictObject({
  limits: z
    .strictObject({
      /** Share of one fleet that all policies together may touch in an hour: 0.5 is half of it. */
      fleetSharePerHour: z.number().positive().max(1).nullable().default(null),
      /** What each policy may cost. */
      policy: costs,
      /** What all policies on one schema may cost. */
      schema: costs,
    })
    .prefault({}),
});

/** @throws UsageError when the file can't be read or says what is not known. */
export function projectSettings(folder: string, shown: (absolute: string) => string): ProjectSettings {
  const path = join(folder, name);
  const settings = existsSync(path) ? read(path, shown(path)) : schema.parse({});
  return { ...settings, today: new Date(systemClock.now()).toISOString().slice(0, 10) };
}

function read(path: string, shown: string): z.infer<typeof schema> {
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const problem = fileError('read', shown, error);
    if (problem instanceof UsageError) throw problem;
    throw new UsageError(`${shown}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(file);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) =>
      `${shown}: ${issue.path.length === 0 ? 'the settings' : `\`${issue.path.join('.')}\``}: ${issue.message}; for example {"limits": {"fleetSharePerHour": 0.5}}`,
  );
  throw new UsageError(problems.join('\n'));
}
