// What the compiler makes of a small program, as people read it: `test/language/emit/<case>/`. `UPDATE_GOLDEN=1` rewrites.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generate } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';

const folder = join(import.meta.dirname, '../language/emit');
const update = process.env.UPDATE_GOLDEN === '1';
const cases = readdirSync(folder).sort();

/** Cases that show the intermediate representation too. */
const withIr = new Set(['threshold', 'hysteresis', 'silence']);

/** File by file, what the case must hold beside its input. */
function expectedFiles(name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(folder, name, 'input.ddl'), 'utf8');
  const { ir, diagnostics } = analyse([{ file: 'input.ddl', text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const files = new Map<string, string>();
  if (withIr.has(name)) files.set('ir.json', `${JSON.stringify(ir, null, 2)}\n`);
  const { meta, modules } = generate(ir);
  for (const module of modules) {
    const derives = meta.schemas.some((schema) => schema.derived.length > 0);
    if (module.name !== 'feeds' || derives) files.set(`${module.name}.ts`, module.ts);
  }
  return files;
}

test.each(cases)('%s', (name) => {
  const files = expectedFiles(name);
  const present = readdirSync(join(folder, name)).filter((file) => file !== 'input.ddl');
  for (const [file, content] of files) {
    const path = join(folder, name, file);
    if (update) writeFileSync(path, content);
    expect(existsSync(path), `${path} is missing; run with UPDATE_GOLDEN=1`).toBe(true);
    expect(content).toBe(readFileSync(path, 'utf8'));
  }
  const stale = present.filter((file) => !files.has(file));
  if (update) for (const file of stale) rmSync(join(folder, name, file));
  else expect(stale, 'files that no case writes any more; run with UPDATE_GOLDEN=1').toEqual([]);
});

test('every case that shows its intermediate representation exists', () => {
  expect([...withIr].filter((name) => !cases.includes(name))).toEqual([]);
});
