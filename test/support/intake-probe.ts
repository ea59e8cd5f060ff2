// An intake whose rows and dead letters a test can read as plain objects.

import type { ProgramMeta } from '../../runtime/contract.ts';
import { type DeadLetter, defaultIntakeLimits, Intake, type IntakeLimits } from '../../runtime/evaluate/intake.ts';

export interface PlainRow {
  readonly schema: string;
  readonly time: number;
  readonly key: string;
  readonly seq: number;
  readonly lacks: number;
  /** By metric name; NaN for unknown. */
  readonly values: Readonly<Record<string, number>>;
  /** By tag name; absent ones are left out. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface IntakeProbe {
  readonly intake: Intake;
  readonly letters: DeadLetter[];
  readonly notices: string[];
  /** All rows, in the order of their schemas. */
  rows(): PlainRow[];
  reasons(): string[];
}

export function intakeProbe(program: ProgramMeta, limits: Partial<IntakeLimits> = {}): IntakeProbe {
  const letters: DeadLetter[] = [];
  const notices: string[] = [];
  const intake = new Intake(
    program,
    { ...defaultIntakeLimits, ...limits },
    (letter) => letters.push(letter),
    (message) => notices.push(message),
  );
  const reasons = (): string[] => letters.map((letter) => letter.reason);
  return { intake, letters, notices, rows: () => plainRows(intake), reasons };
}

function plainRows(intake: Intake): PlainRow[] {
  return intake.schemas.flatMap((schema) => {
    const { rows, meta } = schema;
    return Array.from({ length: rows.rows }, (_, row) => ({
      schema: meta.name,
      time: rows.time[row],
      key: schema.keys.value(rows.key[row]),
      seq: rows.seq[row],
      lacks: rows.lacks[row],
      values: Object.fromEntries(
        meta.metrics.map((metric, slot) => [metric.name, rows.values[row * rows.width + slot]]),
      ),
      tags: Object.fromEntries(
        meta.tags.flatMap((tag, index) => {
          const id = rows.tags[row * rows.tagWidth + index];
          return id < 0 ? [] : [[tag.name, schema.tags[index].value(id)]];
        }),
      ),
    }));
  });
}
