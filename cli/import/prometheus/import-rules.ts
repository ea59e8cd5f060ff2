// Prometheus rule files to files of the language: one for each group, with schemas, policies and tests. Pure: texts in,
// texts and a summary out. A rule that can't be said exactly is refused, and so is one that would not compile.

import { analyse } from '../../../compiler/analyse.ts';
import { createEvaluator } from '../../program.ts';
import { runTests } from '../../test-runner.ts';
import type { ImportResult, RefusedRule } from '../import-result.ts';
import { laidOut, letStand } from '../lay-out.ts';
import { freeName, oneLine, snakeCase } from '../names.ts';
import { Refusal } from '../refusal.ts';
import { policyText } from './policy-text.ts';
import { type RuleCondition, ruleCondition } from './rule-condition.ts';
import { type AlertRule, readRuleFile } from './rule-file.ts';
import { testsOf } from './rule-tests.ts';
import { SchemaDraft } from './schema-draft.ts';

export interface ImportOptions {
  /** How far apart the samples of a series are. */
  readonly everyMs: number;
}

/** `files`: texts by the name that messages and comments shall show. */
export function importRules(
  files: readonly { readonly file: string; readonly text: string }[],
  options: ImportOptions,
): ImportResult {
  const importer = new RuleImporter(options);
  let count = 0;
  for (const { file, text } of files) {
    const { rules, recording } = readRuleFile(file, text);
    count += rules.length + recording.length;
    for (const name of recording) importer.refuse(name, new Refusal('a recording rule alerts on nothing', null));
    for (const rule of rules) importer.add(rule);
  }
  return importer.finish(count);
}

interface Group {
  readonly slug: string;
  readonly schemas: SchemaDraft[];
  readonly policies: string[];
  readonly tests: string[];
}

class RuleImporter {
  readonly #options: ImportOptions;
  readonly #refused: RefusedRule[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #names = new Set<string>();
  #imported = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  refuse(name: string, { message, obstacle }: Refusal): void {
    this.#refused.push({ name: oneLine(name), reason: oneLine(message), obstacle });
  }

  add(rule: AlertRule): void {
    try {
      this.#add(rule);
      this.#imported++;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(rule.alert, error);
    }
  }

  #add(rule: AlertRule): void {
    if (rule.keepFiringForMs > 0) throw new Refusal('keep_firing_for', null);
    const condition = ruleCondition(rule.expression, rule.forMs);
    const group = this.#group(rule);
    const policy = this.#unique(snakeCase(rule.alert));
    // A `for` that is shorter than the samples are apart asks for samples that are as close as that.
    const everyMs = rule.forMs > 0 ? Math.min(this.#options.everyMs, rule.forMs) : this.#options.everyMs;
    const own = this.#alone(rule, policy, condition, group, everyMs);
    const known = group.schemas.find((schema) => schema.everyMs === everyMs && schema.take(condition.names));
    const schema = known ?? new SchemaDraft(own.schema, condition.names, everyMs);
    if (known === undefined) {
      this.#names.add(own.schema);
      group.schemas.push(schema);
    }
    group.policies.push(policyText(rule, policy, schema.name, condition));
    group.tests.push(...own.tests.map((text) => text.replaceAll(`given ${own.schema}`, `given ${schema.name}`)));
    this.#names.add(policy);
  }

  /** The rule as a program of its own, compiled and tested. @throws Refusal when it does not compile. */
  #alone(
    rule: AlertRule,
    policy: string,
    condition: RuleCondition,
    group: Group,
    everyMs: number,
  ): { readonly schema: string; readonly tests: readonly string[] } {
    if (mergesHistograms(condition))
      throw new Refusal('a quantile over the histograms of several series', rule.expression);
    const schema = this.#unique(`${group.slug}_${condition.names.keyName}`);
    const draft = new SchemaDraft(schema, condition.names, everyMs);
    const text = `${draft.text()}\n\n${policyText(rule, policy, schema, condition)}`;
    const { diagnostics } = analyse([{ file: `${group.slug}.ddl`, text }]);
    const [wrong] = diagnostics.filter(({ severity }) => severity === 'error');
    if (wrong !== undefined) throw new Refusal(`what it says does not compile (${wrong.code})`, wrong.message);
    const never = diagnostics.find(({ name }) => name === 'unsatisfiable-condition');
    if (never !== undefined) throw new Refusal('a rule that can never fire', rule.expression);
    const { texts } = testsOf({ condition, policy, schema, program: text, everyMs });
    if (texts.length === 0) throw new Refusal('no series was found that shows what it does', rule.expression);
    return { schema, tests: texts };
  }

  #group(rule: AlertRule): Group {
    const id = `${rule.file}\n${rule.group}`;
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const slugs = new Set([...this.#groups.values()].map((group) => group.slug));
    const group = { slug: freeName(snakeCase(rule.group), slugs), schemas: [], policies: [], tests: [] };
    this.#groups.set(id, group);
    return group;
  }

  #unique(wanted: string): string {
    return freeName(wanted, this.#names);
  }

  finish(rules: number): ImportResult {
    const files = new Map<string, string>();
    for (const { slug, schemas, policies, tests } of this.#groups.values()) {
      if (policies.length === 0) continue;
      const program = [...schemas.map((schema) => schema.text()), ...policies].join('\n\n');
      const parts = [header, program, ...together(program, tests)];
      const name = `${slug}.ddl`;
      const text = laidOut(`${parts.join('\n\n')}\n`);
      files.set(name, letStand(new Map([[name, text]])).get(name) ?? text);
    }
    return { files, rules, imported: this.#imported, refused: this.#refused };
  }
}

/**
 * The buckets of several series are added up before the quantile is taken. `p99(x over 5m across series)` is nearly that,
 * not exactly: Prometheus weighs each series by its rate, stretched to the window, and counts those that have ended.
 */
function mergesHistograms({ names }: RuleCondition): boolean {
  const isHistogram = [...names.metrics.values()].some(({ kind }) => kind === 'histogram');
  return isHistogram && [...names.tags.values()].some(({ member }) => member);
}

/** Among the other policies of the group `nothing` may be too much to expect: they read the same series. */
function together(program: string, tests: readonly string[]): readonly string[] {
  const analysis = analyse([{ file: 'import.ddl', text: [program, ...tests].join('\n\n') }]);
  if (analysis.ir === null) return tests;
  const results = runTests(analysis, createEvaluator(analysis.ir, 'generated'));
  return tests.flatMap((text, index) => {
    if (results[index]?.outcome === 'passed') return [text];
    return text.includes('expect nothing else') ? [text.replace(/\n {2}expect nothing else/, '')] : [];
  });
}

const header = [
  '// Imported from Prometheus alert rules by `ddlc import prometheus`. Prometheus judges at ticks, a policy at events:',
  '// where events come at the ticks, both fire at the same. A division by zero is unknown here, infinite there. Series',
  '// that lack every label of the key are not judged.',
].join('\n');
