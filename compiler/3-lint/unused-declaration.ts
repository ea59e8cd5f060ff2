// Every schema, metric, fleet, action, `let`, `const` and parameter is used by something.

import { within } from '../1-bind/expressions.ts';
import type { Definition, PolicySymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { LintRule, Program } from './rule.ts';

export const unusedDeclaration: LintRule = {
  names: ['unused-declaration'],
  program(program, report) {
    const { bound, checked } = program;
    // A name that seems unused may be the one that a misspelt one was meant to be.
    if (program.errors) return;
    for (const schema of bound.schemas.values()) {
      if (!checked.used.has(schema) && !schema.broken)
        report('unused-declaration', schema.declaration.name.span, { kind: 'schema', name: schema.name });
    }
    for (const definition of bound.definitions.values()) reportUnused(definition, checked.used.has(definition), report);
    for (const action of bound.actions.values()) {
      if (action.declaration === null || action.broken || checked.usedActions.has(action.entry.name)) continue;
      report('unused-declaration', action.declaration.name.span, { kind: 'action', name: action.entry.name });
    }
    unusedFleets(program, report);
    unusedMetrics(program, report);
  },
  policy(facts, program, report) {
    if (program.errors) return;
    const used = namesWithin(facts.policy);
    for (const definition of facts.policy.lets) reportUnused(definition, used.has(definition), report);
    for (const parameter of facts.policy.parameters) {
      if (used.has(parameter)) continue;
      report('unused-declaration', parameter.declaration.name.span, { kind: 'parameter', name: parameter.name });
    }
  },
};

function reportUnused(definition: Definition, used: boolean, report: Report): void {
  if (used || !definition.sound) return;
  report('unused-declaration', definition.declaration.name.span, { kind: definition.kind, name: definition.name });
}

/** The policy's own `let`s and parameters that its conditions lead to. */
function namesWithin(policy: PolicySymbol): ReadonlySet<unknown> {
  const used = new Set<unknown>();
  const open = [policy.where, policy.when, policy.until].filter((condition) => condition !== null);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const part of within(next)) {
      const symbol = part.kind === 'reference' ? policy.references.get(part) : null;
      if ((symbol?.kind !== 'let' && symbol?.kind !== 'parameter') || used.has(symbol)) continue;
      used.add(symbol);
      if (symbol.kind === 'let') open.push(symbol.declaration.value);
    }
  }
  return used;
}

/**
 * Of a schema that is used, what is said to come with every event: policies or tests name it. What is `optional` is known
 * to come, and no more is said of it.
 */
function unusedMetrics({ bound, checked }: Program, report: Report): void {
  const unused = new Set<unknown>();
  for (const schema of bound.schemas.values())
    if (!schema.broken && checked.used.has(schema))
      for (const metric of schema.metrics) if (!metric.item.optional) unused.add(metric);
  for (const { policy } of checked.policies) {
    if (unused.size === 0) return;
    for (const symbol of policy.references.values()) unused.delete(symbol);
  }
  for (const test of bound.tests)
    for (const item of test.items)
      if (item.kind === 'given')
        for (const row of item.rows)
          for (const { metric } of row.values)
            unused.delete(bound.schemas.get(item.schema.text)?.names.get(metric.text));
  for (const schema of bound.schemas.values())
    for (const metric of schema.metrics)
      if (unused.has(metric))
        report('unused-declaration', metric.item.name.span, { kind: 'metric', name: metric.name });
}

/** A fleet of a service may be found by `fleet of TAG`. */
function unusedFleets({ checked }: Program, report: Report): void {
  const lookups = checked.policies.some((facts) =>
    facts.policy.actions.some((clause) =>
      clause.action.args.some((argument) => argument.value.kind === 'fleet-lookup'),
    ),
  );
  for (const { fleet, service } of checked.fleets) {
    if (checked.usedFleets.has(fleet.name) || fleet.broken || (lookups && service !== null)) continue;
    report('unused-declaration', fleet.declaration.name.span, { kind: 'fleet', name: fleet.name });
  }
}
