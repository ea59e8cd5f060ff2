// Imported rules against Prometheus itself: `node test/campaign/import-against-promtool.ts [rules] [seed]`. Draws rules
// of the public ones, makes series for each, and compares when Debian's `promtool` and the imported policy fire.

import { stringify } from 'yaml';
import { ruleCondition } from '../../cli/import/prometheus/rule-condition.ts';
import { type AlertRule, readRuleFile } from '../../cli/import/prometheus/rule-file.ts';
import { dice } from '../../cli/import/prometheus/worlds.ts';
import { alertRuleFiles } from '../field/alert-rules.ts';
import { type Comparison, compareFirings } from '../import/compare-firings.ts';
import { sampleRule } from '../import/oracle-series.ts';
import { ourFirings } from '../import/our-firings.ts';
import { promtoolFirings, promtoolVersion } from '../import/promtool.ts';

const [countText = '300', seedText = '1', only] = process.argv.slice(2);
const count = Number(countText);
const seed = Number(seedText);
const version = promtoolVersion();
if (version === null) throw new Error('`promtool` is not there: apt-get install prometheus');
console.log(`${version}, ${count} rules, seed ${seed}`);

const rules = shuffled(
  alertRuleFiles().flatMap(({ file, text }) => readRuleFile(file, text).rules),
  seed,
);
const tally = new Map<string, string[]>();
let compared = 0;
let firing = 0;
for (const rule of rules) {
  if (compared >= count) break;
  if (only !== undefined && !rule.alert.includes(only)) continue;
  const outcome = await compareRule(rule);
  if (outcome === null) continue;
  compared++;
  if (outcome.fires) firing++;
  const known = tally.get(outcome.reason) ?? [];
  known.push(`${rule.alert}: ${rule.expression.replace(/\s+/g, ' ')}${outcome.detail}`);
  tally.set(outcome.reason, known);
}
console.log(`${compared} compared, ${firing} of which fire at least once`);
for (const [reason, examples] of [...tally].sort(([, left], [, right]) => right.length - left.length)) {
  console.log(`${String(examples.length).padStart(5)}  ${reason}`);
  if (reason !== 'equal')
    for (const example of examples.slice(0, only === undefined ? 12 : 99)) console.log(`         ${example}`);
}

/** `null` when the rule is refused or can't be sampled. */
async function compareRule(rule: AlertRule): Promise<Comparison | null> {
  const text = stringify({
    groups: [{ name: 'probe', rules: [{ alert: 'probe', expr: rule.expression, for: `${rule.forMs}ms` }] }],
  });
  let sampled: ReturnType<typeof sampleRule>;
  let ours: Awaited<ReturnType<typeof ourFirings>>;
  try {
    sampled = sampleRule(ruleCondition(rule.expression, rule.forMs), seed);
    if (sampled === null) return null;
    ours = await ourFirings(text, sampled, 'generated');
  } catch (error) {
    if (process.env.DDL_DEBUG) console.log(`${rule.alert}: ${error}`);
    return null;
  }
  const [theirs] = promtoolFirings([{ expression: rule.expression, forMs: rule.forMs, sampled }]);
  return compareFirings(theirs, ours, sampled);
}

function shuffled<T>(list: readonly T[], from: number): readonly T[] {
  const random = dice(from);
  return list
    .map((entry) => [random(), entry] as const)
    .sort(([left], [right]) => left - right)
    .map(([, entry]) => entry);
}
