// When an imported policy fires on given series, through the path of `ddlc backtest`: the same samples as events.

import { backtest } from '../../cli/backtest.ts';
import { importRules } from '../../cli/import/prometheus/import-rules.ts';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { TagMeta } from '../../runtime/contract.ts';
import { composedText } from '../../runtime/evaluate/composition.ts';
import type { SampledRule } from './oracle-series.ts';

export interface OurFirings {
  /** By key, from which tick to which the policy was active; `null`: to the end. */
  readonly episodes: readonly { readonly key: string; readonly from: number; readonly to: number | null }[];
  /** The key that the language gives to labels of an alert. */
  keyOf(labels: Readonly<Record<string, string>>): string;
}

const startMs = Date.UTC(2026, 0, 1);

/** `ruleText`: a rule file with the one rule. The series begin in 1970, as promtool's do. `null`: it is refused. */
export async function ourFirings(
  ruleText: string,
  sampled: SampledRule,
  kind: EvaluatorKind,
): Promise<OurFirings | null> {
  const { files } = importRules([{ file: 'probe.yml', text: ruleText }], { everyMs: sampled.tickMs });
  const [text] = files.values();
  if (text === undefined) return null;
  const { ir, diagnostics } = analyse([{ file: 'probe.ddl', text }]);
  if (ir === null) throw new Error(diagnostics[0]?.message ?? 'it does not compile');
  const evaluator = createEvaluator(ir, kind);
  const [schema] = evaluator.meta.schemas;
  const keyOf = (labels: Readonly<Record<string, string>>): string => keyText(schema.key, labels);
  const lines: string[] = [];
  for (let tick = 0; tick < sampled.ticks; tick++) {
    for (const { labels, metrics } of sampled.sources) {
      const values = [...metrics].flatMap(([name, samples]) => (samples[tick] === null ? [] : [[name, samples[tick]]]));
      if (values.length === 0) continue;
      lines.push(
        JSON.stringify({ timestamp: tick * sampled.tickMs, metrics: Object.fromEntries(values), tags: labels }),
      );
    }
  }
  const episodes: { key: string; from: number; to: number | null }[] = [];
  const tickOf = (iso: string): number => Date.parse(iso) / sampled.tickMs;
  await backtest(evaluator, [Buffer.from(`${lines.join('\n')}\n`)], {
    schema: null,
    where: 'series',
    report: 'episodes',
    now: () => startMs,
    write: (line) => {
      const { key, firedAt, resolvedAt } = JSON.parse(line) as {
        key: string;
        firedAt: string;
        resolvedAt: string | null;
      };
      episodes.push({ key, from: tickOf(firedAt), to: resolvedAt === null ? null : tickOf(resolvedAt) });
    },
    deadLetter: ({ message }) => {
      throw new Error(message);
    },
  });
  return { episodes, keyOf };
}

function keyText(key: TagMeta, labels: Readonly<Record<string, string>>): string {
  if (key.source === undefined) return labels[key.from] ?? '';
  return composedText(key.source, { text: (name) => labels[name] ?? null, names: () => Object.keys(labels) }) ?? '';
}
