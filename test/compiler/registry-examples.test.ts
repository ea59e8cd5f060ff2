// The examples in the registries are what the reference and `ddlc explain` show: each compiles as it stands.

import { describe, expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { exampleProgram, policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';
import { functions } from '../../compiler/functions/index.ts';
import { actions } from '../../compiler/vocabulary/actions.ts';
import { metricTypes } from '../../compiler/vocabulary/metric-types.ts';
import { actionOptions, fleetProperties, policyProperties } from '../../compiler/vocabulary/properties.ts';

function errorsOf(text: string): string[] {
  const files = [
    { file: 'example.ddl', text: exampleProgram },
    { file: 'input.ddl', text },
  ];
  return analyse(files)
    .diagnostics.filter((found) => found.severity === 'error')
    .map((found) => `${found.code} ${found.message}`);
}

function named<Entry extends { readonly name: string; readonly example: string }>(entries: readonly Entry[]) {
  return entries.map(({ name, example }) => [name, example] as const);
}

describe('functions', () => {
  test.each(named(functions))('%s: %s', (name, example) => {
    const condition = name === 'missing' ? example : `${example} >= ${example}`;
    expect(errorsOf(policyWhen(condition))).toEqual([]);
  });
});

describe('actions', () => {
  test.each(named(actions))('%s: %s', (_, example) => {
    expect(errorsOf(policyWith(`  when latency > 500ms\n  ${example}`))).toEqual([]);
  });
});

describe('properties of policies', () => {
  test.each(named(policyProperties))('%s: %s', (_, example) => {
    expect(errorsOf(policyWith(`  when latency > 500ms\n  do notify("look here")\n  ${example}`))).toEqual([]);
  });
});

describe('properties of fleets', () => {
  test.each(named(fleetProperties))('%s: %s', (name, example) => {
    const fleet = example.replace('payment-service', 'other-service');
    const needed = name === 'size' ? '' : '  size 1..2\n';
    expect(errorsOf(`fleet other {\n${needed}  ${fleet}\n}\n`)).toEqual([]);
  });
});

describe('options of actions', () => {
  test.each(named(actionOptions))('%s: %s', (_, example) => {
    expect(errorsOf(policyWith(`  when latency > 500ms\n  do scale_up(payment, by: 2) ${example}`))).toEqual([]);
  });
});

describe('types of metrics', () => {
  test.each(named(metricTypes))('%s: %s', (_, example) => {
    expect(errorsOf(`schema other {\n  key name\n  ${example}\n}\n`)).toEqual([]);
  });
});
