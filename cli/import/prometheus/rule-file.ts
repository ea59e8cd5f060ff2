// Prometheus rule files: what is in them, checked before anything is made of it. The custom resource `PrometheusRule`
// is the same one level down.

import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../../usage-error.ts';
import { durationOf } from './read-promql.ts';

export interface AlertRule {
  readonly file: string;
  readonly group: string;
  readonly alert: string;
  readonly expression: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly rules: readonly AlertRule[];
  /** Names of rules that record: they make metrics and alert on nothing. */
  readonly recording: readonly string[];
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), scalar.nullable()).nullish();

const length = scalar
  .refine((text) => (durationOf(text) ?? -1) >= 0, 'is no duration such as `5m`')
  .transform((text) => durationOf(text) ?? 0);

const rule = z
  .object({
    alert: scalar.optional(),
    record: scalar.optional(),
    expr: scalar,
    for: length.nullish(),
    keep_firing_for: length.nullish(),
    labels: texts,
    annotations: texts,
  })
  .refine((entry) => (entry.alert === undefined) !== (entry.record === undefined), 'has neither `alert` nor `record`');

const groups = z.object({
  groups: z.array(z.object({ name: scalar, rules: z.array(rule).nullish() })),
});

/** `file` is the name for messages. @throws UsageError with the place and what is wrong there. */
export function readRuleFile(file: string, text: string): RuleFile {
  const rules: AlertRule[] = [];
  const recording: string[] = [];
  for (const parsed of parseAllDocuments(text, { logLevel: 'error' })) {
    const [error] = parsed.errors;
    if (error !== undefined) throw new UsageError(`${file} is no YAML: ${error.message.split('\n', 1)[0]}`);
    const content = plainContent(file, () => parsed.toJS());
    if (content === null || content === undefined) continue;
    for (const group of checked(file, content).groups) {
      for (const entry of group.rules ?? []) {
        if (entry.alert === undefined) recording.push(entry.record ?? '');
        else
          rules.push({
            file,
            group: group.name,
            alert: entry.alert,
            expression: entry.expr,
            forMs: entry.for ?? 0,
            keepFiringForMs: entry.keep_firing_for ?? 0,
            labels: withoutNulls(entry.labels),
            annotations: withoutNulls(entry.annotations),
          });
      }
    }
  }
  return { rules, recording };
}

/** @throws UsageError when the document is small only as long as nobody writes out its aliases. */
function plainContent(file: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checked(file: string, content: unknown): z.output<typeof groups> {
  const inSpec = typeof content === 'object' && content !== null && 'spec' in content;
  const result = (inSpec ? z.object({ spec: groups }).transform(({ spec }) => spec) : groups).safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') ?? '';
  throw new UsageError(
    `${file} is no rule file: ${place.replace(/^\./, '') || 'the document'}: ${issue?.message ?? ''}`,
  );
}

function withoutNulls(entries: Readonly<Record<string, string | null>> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
