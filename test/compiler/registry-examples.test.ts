// The examples in the registries are what the reference and `ddlc explain` show: each compiles as it stands.

import { describe, expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { exampleProgram, policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';
import { functions } from '../../compiler/functions/index.ts';
import { actions } from '../../compiler/vocabulary/actions.ts';
import { metricTypes } from '../../compiler/vocabulary/metric-types.ts';
import { actionOptions, fleetProperties, policyProperties } from '../../compiler/vocabulary/properties.ts';
import { type WordEntry, words } from '../../compiler/vocabulary/words.ts';
import { vocabulary } from '../../grammar/tokens.ts';

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

/** What stands around the example of a word. */
function programAround({ name, place, example }: WordEntry): string {
  switch (place) {
    case 'file':
      return `${example}\n`;
    case 'schema': {
      const key = name === 'key' ? '' : '  key name\n';
      return `schema other {\n${key}  metric load: number\n  ${example}\n}\n`;
    }
    case 'condition':
      return policyWhen(example);
    case 'policy': {
      const lines = ['on service', 'when latency > 500ms', 'do notify("look here")'];
      const clause = example.startsWith('on missing') ? 'on missing' : example.slice(0, example.indexOf(' '));
      const others = lines.filter((line) => !line.startsWith(`${clause} `));
      return `policy example {\n${[...others, example].map((line) => `  ${line}\n`).join('')}}\n`;
    }
    case 'test': {
      const given = 'given service(service_id: "a") { 0s: latency 80ms }';
      const items = name === 'given' ? [example, 'expect nothing'] : [given, example];
      return `${policyWhen('latency > 500ms')}\ntest "of the word" {\n${items.map((line) => `  ${line}\n`).join('')}}\n`;
    }
  }
}

describe('words of the grammar', () => {
  test.each(words.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
    expect(entry.doc).toMatch(/\.$/);
    expect(entry.example).toMatch(new RegExp(`\\b${name}\\b`));
    expect(errorsOf(programAround(entry))).toEqual([]);
  });

  test('each word that the grammar knows has a page', () => {
    const entries = [...words, ...functions, ...actionOptions, ...policyProperties, ...fleetProperties];
    const paged = new Set(entries.flatMap(({ name }) => name.split(' ')));
    // Explained with `arriving`, behind which it stands.
    paged.add('late');
    const known = vocabulary.flatMap(({ PATTERN }) => (typeof PATTERN === 'string' ? [PATTERN] : []));
    const own = known.filter((word) => /^\w+$/.test(word));
    expect(own.length).toBeGreaterThan(50);
    expect(own.filter((word) => !paged.has(word))).toEqual([]);
  });

  test('no word twice', () => {
    expect(new Set(words.map((entry) => entry.name)).size).toBe(words.length);
  });
});
