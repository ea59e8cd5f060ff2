// What fuzzing begins with: every program of the repository, and the inputs that earlier campaigns kept.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../../compiler/diagnostics/catalogue.ts';
import { exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { words } from '../../compiler/vocabulary/words.ts';

const root = join(import.meta.dirname, '../..');
const textLengthMax = 6_000;
export const corpusFolder = join(root, 'test/language/fuzz');

/** By file name, in order. */
export function corpus(): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(corpusFolder)
    .filter((name) => name.endsWith('.ddl'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(corpusFolder, name), 'utf8') }));
}

export function seeds(): readonly string[] {
  const files = ['test/language', 'test/grammar', 'policies'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ddl') && !path.startsWith('fuzz/'))
      .sort()
      .map((path) => readFileSync(join(root, folder, path), 'utf8')),
  );
  const entries = Object.values(catalogue).flatMap(({ bad, good }) => [bad, good]);
  const spoken = words.map(({ example }) => example);
  const beside = [...entries, ...spoken].map((text) => `${exampleProgram}\n${text}`);
  return [...files, ...beside].filter((text) => text.length <= textLengthMax);
}
