// What the registries say about a word of the language: clauses, functions, actions, properties, gates, types,
// units.

import { functions } from '../compiler/functions/index.ts';
import { actions, describeParameter } from '../compiler/vocabulary/actions.ts';
import { gates } from '../compiler/vocabulary/gates.ts';
import { metricTypes } from '../compiler/vocabulary/metric-types.ts';
import { actionOptions, fleetProperties, policyProperties } from '../compiler/vocabulary/properties.ts';
import { units } from '../compiler/vocabulary/units.ts';
import { type WordPlace, words } from '../compiler/vocabulary/words.ts';

interface Word {
  readonly name: string;
  /** What kind of word it is. */
  readonly kind: string;
  readonly doc: string;
  readonly example: string | null;
  /** One line each. */
  readonly details: readonly string[];
}

const places: Readonly<Record<WordPlace, string>> = {
  file: 'declaration',
  schema: 'word of a schema',
  policy: 'word of a policy',
  condition: 'word of a condition',
  test: 'word of a test',
};

/** Every word, some more than once: `webhook` is an action and a property of a fleet. */
function allWords(): readonly Word[] {
  const plain =
    (kind: string) =>
    (entry: { readonly name: string; readonly doc: string; readonly example: string }): Word => ({
      name: entry.name,
      kind,
      doc: entry.doc,
      example: entry.example,
      details: [],
    });
  return [
    ...words.map((entry) => plain(places[entry.place])(entry)),
    ...functions.map(plain('function')),
    ...actions.map((entry) => ({
      ...plain('action')(entry),
      details: entry.parameters.map((parameter) => {
        const need = parameter.required ? '' : ' (may be left out)';
        return `${parameter.name}: ${describeParameter(parameter)}: ${parameter.doc}${need}`;
      }),
    })),
    ...policyProperties.map(plain('property of a policy')),
    ...fleetProperties.map(plain('property of a fleet')),
    ...actionOptions.map(plain('option of an action')),
    ...metricTypes.map(plain('type of a metric')),
    ...gates.map(({ word, doc }) => ({
      name: word,
      kind: 'gate',
      doc: `Refuses when ${doc}.`,
      example: `expect blocked by ${word} at 95s`,
      details: [],
    })),
    ...units.map(({ name, doc }) => ({ name, kind: 'unit', doc, example: null, details: [] })),
  ];
}

export function vocabularyWords(): readonly string[] {
  return allWords().map((word) => word.name);
}

/** The page of a word, ending in a line break; `null` when the language has no such word. */
export function vocabularyPage(name: string): string | null {
  // `stale` finds `stale after` beside the gate.
  const found = allWords().filter((word) => word.name === name || word.name.startsWith(`${name} `));
  if (found.length === 0) return null;
  return found.map(sectionOf).join('\n');
}

function sectionOf({ name, kind, doc, example, details }: Word): string {
  const parts = [`${name}: ${kind}\n`, `${doc}\n`];
  if (details.length > 0) parts.push(`${details.map((line) => `  ${line}`).join('\n')}\n`);
  if (example !== null) parts.push(`    ${example.replaceAll('\n', '\n    ')}\n`);
  return parts.join('\n');
}
