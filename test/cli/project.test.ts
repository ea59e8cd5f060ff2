// What a project on disk may look like: links, odd files, files that are no text; and what a person is told.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyseProject, loadProject } from '../../cli/project.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';

function namesOf(folder: string, path = '.'): string[] {
  return loadProject(path, folder).files.map((entry) => entry.file);
}

function codesOf(folder: string, path = '.'): string[] {
  return analyseProject(loadProject(path, folder)).diagnostics.map((diagnostic) => diagnostic.name);
}

test('every .ddl file below, sorted; hidden folders, node_modules and other files are not looked at', () => {
  const folder = scratch({
    'b.ddl': schemaText,
    'a/z.ddl': policyText,
    'a/b/c.ddl': '',
    '.git/x.ddl': 'x',
    'node_modules/m/x.ddl': 'x',
    '.hidden.ddl': 'x',
    'notes.md': 'x',
  });
  expect(namesOf(folder)).toEqual(['a/b/c.ddl', 'a/z.ddl', 'b.ddl']);
});

test('names in the program do not depend on where a person stands, shown paths do', () => {
  const folder = scratch({ 'shop/a.ddl': schemaText });
  const near = loadProject('.', join(folder, 'shop')).files[0];
  const far = loadProject('shop', folder).files[0];
  expect([near?.file, near?.shown]).toEqual(['a.ddl', 'a.ddl']);
  expect([far?.file, far?.shown]).toEqual(['a.ddl', join('shop', 'a.ddl')]);
});

test('links that lead in a circle, twice to one file, or nowhere', () => {
  const folder = scratch({ 'shop/a.ddl': schemaText });
  symlinkSync('..', join(folder, 'shop/up'));
  symlinkSync('.', join(folder, 'shop/self'));
  symlinkSync('a.ddl', join(folder, 'shop/again.ddl'));
  symlinkSync('nowhere', join(folder, 'shop/loose'));
  expect(namesOf(folder, 'shop')).toEqual(['a.ddl']);
  symlinkSync('nowhere', join(folder, 'shop/loose.ddl'));
  expect(() => namesOf(folder, 'shop')).toThrow(/can't read shop.loose\.ddl: there is no such file/);
});

test('a folder or a pipe that is called like a source', () => {
  const folder = scratch({ 'a.ddl': schemaText, 'folder.ddl/b.ddl': policyText });
  execFileSync('mkfifo', [join(folder, 'pipe.ddl')]);
  expect(namesOf(folder)).toEqual(['a.ddl', 'folder.ddl/b.ddl']);
});

test('nothing to read is an error that says what to do', () => {
  const folder = scratch({ 'notes.md': 'x' });
  mkdirSync(join(folder, 'empty'));
  expect(() => namesOf(folder, 'missing')).toThrow("can't read missing: there is no such file or folder");
  expect(() => namesOf(folder, 'empty')).toThrow(
    'there is no `.ddl` file in empty; `ddlc init empty` writes a first one',
  );
  expect(() => namesOf(folder, 'notes.md')).toThrow('notes.md is neither a folder nor a `.ddl` file');
});

test('a file that is not UTF-8 is refused at its first bad byte, even inside a text', () => {
  const bytes = Buffer.from(policyText.replace('Slow', 'Tr\u00E4ge'), 'latin1');
  const folder = scratch({ 'schema.ddl': schemaText, 'slow.ddl': bytes });
  const { diagnostics } = analyseProject(loadProject('.', folder));
  expect(diagnostics.map((diagnostic) => diagnostic.name)).toEqual(['not-text']);
  expect(diagnostics[0]?.span.start).toBe(policyText.indexOf('Slow') + 2);
  expect(loadProject('.', folder).files.map((entry) => entry.whole)).toEqual([true, false]);
});

test('a file that ends within a character', () => {
  const folder = scratch({ 'a.ddl': Buffer.from([...Buffer.from('// '), 0xe2, 0x82]) });
  expect(codesOf(folder)).toEqual(['not-text']);
});

test('a byte order mark is no part of the text', () => {
  const folder = scratch({ 'a.ddl': `\uFEFF${schemaText}\n${policyText}` });
  expect(codesOf(folder)).toEqual([]);
});

test('empty, binary and huge files are told in one message each', () => {
  const folder = scratch({
    'empty.ddl': '',
    'binary.ddl': Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 37) % 256)),
    'ten-megabytes.ddl': '// ten megabytes\n'.repeat(620_000),
    'huge.ddl': Buffer.alloc(20 * 1024 * 1024, 0x20),
  });
  expect(codesOf(folder).sort()).toEqual(['empty-file', 'file-too-large', 'file-too-large', 'not-text']);
});
