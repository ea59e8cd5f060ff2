// Every entry of the registries is documented, and its example compiles.

import { expect, test } from 'vitest';
import { lintRules } from '../../compiler/3-lint/index.ts';
import { analyse } from '../../compiler/analyse.ts';
import { catalogue } from '../../compiler/diagnostics/catalogue.ts';
import { suppressNames } from '../../compiler/diagnostics/catalogue-suppress.ts';
import { exampleProgram, policyWith } from '../../compiler/diagnostics/entry.ts';
import { functions } from '../../compiler/functions/index.ts';
import { proofRules } from '../../compiler/prove/index.ts';
import { actions } from '../../compiler/vocabulary/actions.ts';
import { fittingUnits, metricTypes } from '../../compiler/vocabulary/metric-types.ts';
import { actionOptions, fleetProperties, policyProperties } from '../../compiler/vocabulary/properties.ts';
import { describeShape } from '../../compiler/vocabulary/shapes.ts';
import { canonicalValue, durationMs, inOneUnit, resolveUnit, units } from '../../compiler/vocabulary/units.ts';
import { parse } from '../../grammar/parser.ts';
import { findingsWith } from './support.ts';

test.each(functions)('function $name', ({ name, doc, example }) => {
  expect(doc).toMatch(/^[A-Z`].*\.$/);
  expect(example.startsWith(`${name}(`)).toBe(true);
  const findings = findingsWith(`  let x = ${example.replace(/ for 2m$/, '')}\n  when queue > 1\n  do notify()`);
  expect(findings).toEqual(['unused-declaration']);
});

test.each(actions)('action $name', ({ doc, example }) => {
  expect(doc).toMatch(/\.$/);
  expect(findingsWith(`  when queue > 1\n  ${example}`)).toEqual([]);
});

test.each(policyProperties)('policy property $name', ({ doc, example, shape }) => {
  expect(doc).toMatch(/\.$/);
  expect(describeShape(shape)).not.toBe('');
  expect(findingsWith(`  when queue > 1\n  do notify()\n  ${example}`)).toEqual([]);
});

test.each(actionOptions)('action option $name', ({ doc, example }) => {
  expect(doc).toMatch(/\.$/);
  expect(findingsWith(`  when queue > 1\n  do notify() ${example}`)).toEqual([]);
});

test.each(fleetProperties)('fleet property $name', ({ doc, example }) => {
  expect(doc).toMatch(/\.$/);
  const text = `schema s {\n  key k\n  metric m: number\n}\nfleet f {\n  ${example}\n}\npolicy p {\n  on s\n  when m > 1\n  do restart(f)\n}\n`;
  expect(analyse([{ file: 'a.ddl', text }]).diagnostics).toEqual([]);
});

test.each(metricTypes)('metric type $name', (entry) => {
  expect(entry.doc).not.toBe('');
  for (const line of [entry.example, ...fittingUnits(entry).map((unit) => `metric m: ${entry.name} in ${unit}`)]) {
    const text = `schema s {\n  key k\n  metric other: number\n  ${line}\n}\npolicy p {\n  on s\n  when other > 1\n  do notify()\n}\n`;
    const { diagnostics } = analyse([{ file: 'a.ddl', text }]);
    // The policy reads the other metric.
    expect(diagnostics.filter((found) => found.name !== 'unused-declaration')).toEqual([]);
  }
});

test('units: canonical values are correctly rounded', () => {
  const literal = (text: string) => {
    const { source } = parse('a.ddl', `const x = ${text}\n`);
    const [declaration] = source.declarations;
    if (declaration?.kind !== 'const' || declaration.value.kind !== 'quantity') throw new Error(text);
    return declaration.value;
  };
  expect(canonicalValue(literal('7%'))).toBe(0.07);
  expect(canonicalValue(literal('63.5%'))).toBe(0.635);
  expect(canonicalValue(literal('812ms'))).toBe(0.812);
  expect(canonicalValue(literal('600/m'))).toBe(10);
  expect(canonicalValue(literal('10MB/s'))).toBe(1e7);
  expect(durationMs(literal('0.3s'))).toBe(300);
  expect(durationMs(literal('1.5ms'))).toBeNull();
  expect(durationMs(literal('5%'))).toBeNull();
  expect(durationMs(literal('2d'))).toBe(172_800_000);
  for (const unit of units) expect(unit.multiply === 1 || unit.divide === 1).toBe(true);
  for (const bad of ['', '//s', '/', 'ms/', '%/s', 's/MB', 'MB/s/s']) expect(resolveUnit(bad)).toBeNull();
});

test('every lint rule is of the catalogue and warns', () => {
  const reported = [...[...lintRules, ...proofRules].flatMap((rule) => rule.names), ...suppressNames];
  const entries = Object.entries(catalogue).filter(([, entry]) => entry.code.startsWith('DDL4'));
  // A limit that the project sets is one of its own area, and an error.
  const limits = ['exposed-fleet'];
  expect([...reported].sort()).toEqual([...entries.map(([name]) => name), ...limits].sort());
  for (const [, entry] of entries) expect(entry.severity).toBe('warning');
});

test('the shared example is sound', () => {
  const all =
    'queue > 1 and latency > 1s and error_rate > 5% and rate(requests over 1m) > 1/s and memory > 1GB and ready';
  const text = `${exampleProgram}\n${policyWith(`  when ${all}\n  do restart(payment)`)}`;
  expect(analyse([{ file: 'a.ddl', text }]).diagnostics).toEqual([]);
});

test('a duration in several units is told in one', () => {
  expect(inOneUnit('1h30m')).toBe('90m');
  expect(inOneUnit('9m10s')).toBe('550s');
  expect(inOneUnit('1s500ms')).toBe('1500ms');
  expect(['30s', '30', '1.5h30m', '1h30'].map(inOneUnit)).toEqual([null, null, null, null]);
});
