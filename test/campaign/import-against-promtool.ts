// Imported rules against Prometheus itself: `node test/campaign/import-against-promtool.ts [rules] [seed]`. Draws rules
// of the public ones, makes series for each, and compares when Debian's `promtool` and the imported policy fire.

import { stringify } from 'yaml';
import { ruleCondition } from '../../cli/import/prometheus/rule-condition.ts';
import { type AlertRule, readRuleFile } from '../../cli/import/prometheus/rule-file.ts';
import { dice } from '../../cli/import/prometheus/worlds.ts';
import { Refusal } from '../../cli/import/refusal.ts';
import { alertRuleFiles } from '../field/alert-rules.ts';
import { compareFirings } from '../import/compare-firings.ts';
import { type SampledRule, sampleRule, withoutGaps, withoutZeros } from '../import/oracle-series.ts';
import { ourFirings } from '../import/our-firings.ts';
import { promtoolFirings, promtoolVersion } from '../import/promtool.ts';

const atEvents =
  'equal where an event comes at every tick; where samples are left out Prometheus judges the last ones again, a policy is judged at events';

const byZero = 'equal where nothing is zero: a division by zero is infinite in Prometheus and unknown here';
const different = 'different';

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

if ((tally.get(different)?.length ?? 0) > count / 100) process.exitCode = 1;

interface Outcome {
  readonly reason: string;
  readonly fires: boolean;
  readonly detail: string;
}

/** `null` when the rule is refused or can't be sampled. */
async function compareRule(rule: AlertRule): Promise<Outcome | null> {
  let sampled: SampledRule | null;
  try {
    sampled = sampleRule(ruleCondition(rule.expression, rule.forMs), seed);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
  if (sampled === null) return null;
  const gappy = await compareOn(rule, sampled);
  if (gappy === null || gappy.equal) return gappy && { ...gappy, reason: 'equal' };
  const whole = await compareOn(rule, withoutGaps(sampled));
  if (whole === null || whole.equal) return { ...gappy, reason: atEvents };
  const divided = rule.expression.includes('/') ? await compareOn(rule, withoutZeros(withoutGaps(sampled))) : null;
  return { ...whole, reason: divided?.equal ? byZero : different };
}

async function compareOn({ expression, forMs }: AlertRule, sampled: SampledRule) {
  const probe = { alert: 'probe', expr: expression, for: `${forMs}ms` };
  const ours = await ourFirings(stringify({ groups: [{ name: 'probe', rules: [probe] }] }), sampled, 'generated');
  if (ours === null) return null;
  const [theirs] = promtoolFirings([{ expression, forMs, sampled }]);
  return compareFirings(theirs, ours);
}

function shuffled<T>(list: readonly T[], from: number): readonly T[] {
  const random = dice(from);
  return list
    .map((entry) => [random(), entry] as const)
    .sort(([left], [right]) => left - right)
    .map(([, entry]) => entry);
}
