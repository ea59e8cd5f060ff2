// Imported rules fire when Debian's promtool (2.42) says that the originals do: recorded for rules and series of our own,
// so that the suite needs no promtool. `UPDATE_GOLDEN=1` asks it again.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ruleCondition } from '../../cli/import/prometheus/rule-condition.ts';
import { type AlertRule, readRuleFile } from '../../cli/import/prometheus/rule-file.ts';
import type { EvaluatorKind } from '../../cli/program.ts';
import { compareFirings } from './compare-firings.ts';
import { type SampledRule, sampleRule, withoutGaps } from './oracle-series.ts';
import { ourFirings } from './our-firings.ts';
import { promtoolFirings, promtoolVersion } from './promtool.ts';

const folder = path.join(import.meta.dirname, 'recorded');
const recordFile = path.join(folder, 'firings.json');
const seeds = [1, 2];
const evaluators: readonly EvaluatorKind[] = ['interpreter', 'plain', 'generated'];
/** Ticks at which an alert fires, from and to, by its labels; by rule and seed. */
const record = z.record(z.string(), z.record(z.string(), z.array(z.tuple([z.int(), z.int()]))));

const { rules } = readRuleFile('rules.yml', readFileSync(path.join(folder, 'rules.yml'), 'utf8'));
const cases = rules.flatMap((rule) => seeds.map((seed) => [`${rule.alert} ${seed}`, rule, seed] as const));

beforeAll(() => {
  if (process.env.UPDATE_GOLDEN !== '1') return;
  if (promtoolVersion() === null) throw new Error('`promtool` is not there: apt-get install prometheus');
  const asked = cases.map(([name, rule, seed]) => {
    const [firings] = promtoolFirings([
      { expression: rule.expression, forMs: rule.forMs, sampled: sampled(rule, seed) },
    ]);
    return [name, Object.fromEntries([...firings].map(([labels, ticks]) => [labels, stretches(ticks)]))] as const;
  });
  writeFileSync(recordFile, `${JSON.stringify(Object.fromEntries(asked), null, 1)}\n`);
});

test('promtool was asked about every rule, and most fire in the series drawn for them', () => {
  expect(existsSync(recordFile), `${recordFile} is missing; run with UPDATE_GOLDEN=1`).toBe(true);
  const known = recorded();
  expect(Object.keys(known)).toEqual(cases.map(([name]) => name));
  const firing = rules.filter(({ alert }) => seeds.some((seed) => Object.keys(known[`${alert} ${seed}`]).length > 0));
  expect(firing.length).toBeGreaterThan(rules.length * 0.95);
});

test.each(cases)('%s fires as the original', async (name, rule, seed) => {
  const theirs = new Map(Object.entries(recorded()[name]).map(([labels, from]) => [labels, from.flatMap(ticksOf)]));
  for (const kind of evaluators) {
    const ours = await ourFirings(ruleText(rule), sampled(rule, seed), kind);
    if (ours === null) throw new Error(`${rule.alert} is refused`);
    expect(compareFirings(theirs, ours).detail, kind).toBe('');
  }
});

function recorded() {
  return record.parse(JSON.parse(readFileSync(recordFile, 'utf8')));
}

function sampled(rule: AlertRule, seed: number): SampledRule {
  const made = sampleRule(ruleCondition(rule.expression, rule.forMs), seed);
  if (made === null) throw new Error(`no series for ${rule.alert}`);
  return withoutGaps(made);
}

function ruleText({ alert, expression, forMs }: AlertRule): string {
  return stringify({ groups: [{ name: 'recorded', rules: [{ alert, expr: expression, for: `${forMs}ms` }] }] });
}

function stretches(ticks: readonly number[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const tick of ticks) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === tick - 1) last[1] = tick;
    else found.push([tick, tick]);
  }
  return found;
}

function ticksOf([from, to]: readonly [number, number]): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
