// Every entry of the catalogue is reported by its case, and says what its golden file says. `UPDATE_GOLDEN=1` rewrites.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { telemetryOf } from '../../cli/read-telemetry.ts';
import { renderText } from '../../cli/render/text.ts';
import { analyse } from '../../compiler/analyse.ts';
import { catalogue, catalogueByCode, type DiagnosticName } from '../../compiler/diagnostics/catalogue.ts';
import { type Entry, exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { noLimits } from '../../compiler/project-limits.ts';

const folder = join(import.meta.dirname, '../language/diagnostics');
const update = process.env.UPDATE_GOLDEN === '1';
const names = Object.keys(catalogue) as DiagnosticName[];

/** Inputs that no one would want as a file. */
const generated = new Map<DiagnosticName, () => string>([
  [
    'nested-too-deeply',
    () =>
      `policy example {\n  on service\n  when ${'('.repeat(10_000)}latency > 500ms${')'.repeat(10_000)}\n  do notify("look here")\n}\n`,
  ],
  ['file-too-large', () => `// ${'x'.repeat(5 * 1024 * 1024)}\n`],
  ['not-text', () => 'PK\u0003\u0004\u0000\u0000\u0008\u0000\u0000\u0000\uFFFD\uFFFD\u0000policy'],
  ['empty-file', () => '\n'],
]);

function golden(path: string, actual: string): void {
  if (update) {
    writeFileSync(path, actual);
    return;
  }
  expect(existsSync(path), `${path} is missing; run with UPDATE_GOLDEN=1`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

function inputOf(name: DiagnosticName): string {
  const make = generated.get(name);
  if (make !== undefined) return make();
  const path = join(folder, name, 'input.ddl');
  if (update) writeFileSync(path, catalogue[name].bad);
  return readFileSync(path, 'utf8');
}

function run(text: string, name: DiagnosticName) {
  const { events, limits }: Entry<never> = catalogue[name] as Entry<never>;
  const files = [
    { file: 'example.ddl', text: exampleProgram },
    { file: 'input.ddl', text },
  ];
  const { diagnostics } = analyse(files, events === undefined ? null : telemetryOf(events, name), {
    today: '2026-07-01',
    limits: { ...noLimits, ...limits },
  });
  // What the shared example declares and a case does not use is no finding of the case.
  const own = diagnostics.filter((found) => found.span.file === 'input.ddl');
  return { own, all: diagnostics, text: renderText(own, new Map(files.map(({ file, text }) => [file, text]))) };
}

test.each(names)('%s', (name) => {
  mkdirSync(join(folder, name), { recursive: true });
  const result = run(inputOf(name), name);
  expect(result.own.map((found) => found.name)).toContain(name);
  golden(join(folder, name, 'expected.txt'), result.text);
});

test.each(names)('%s: the good example is free of it', (name) => {
  expect(run(catalogue[name].good, name).own.map((found) => `${found.name}: ${found.message}`)).toEqual([]);
});

test.each(names.filter((name) => !generated.has(name)))('%s: the case is the example of the catalogue', (name) => {
  expect(readFileSync(join(folder, name, 'input.ddl'), 'utf8')).toBe(catalogue[name].bad);
});

test.each(names)('%s: one mistake, one message', (name) => {
  const { own } = run(inputOf(name), name);
  expect(own.map((found) => found.name)).toEqual([name]);
});

test('every case folder belongs to an entry', () => {
  expect(readdirSync(folder).sort()).toEqual([...names].sort());
});

test('codes are unique, of their area, and found by code', () => {
  expect(catalogueByCode.size).toBe(names.length);
  for (const name of names) expect(catalogue[name].code).toMatch(/^DDL[1-8]\d{3}$/);
});
