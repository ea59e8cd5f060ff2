// `ddlc fmt`: writes the canonical layout and nothing else.

import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';

const untidy = policyText.replace('  title', ' title').replace('when latency >', 'when   latency>');

test('changes what is not canonical, prints it, and a second run changes nothing', () => {
  const folder = scratch({ 'shop/schema.ddl': schemaText, 'shop/slow.ddl': untidy });
  expect(runDdlc(['fmt', 'shop', '--check'], { folder })).toEqual({
    code: 1,
    out: 'shop/slow.ddl\n',
    note: '1 of 2 files would change\n',
  });
  expect(readFileSync(join(folder, 'shop/slow.ddl'), 'utf8')).toBe(untidy);
  expect(runDdlc(['fmt', 'shop'], { folder })).toEqual({
    code: 0,
    out: 'shop/slow.ddl\n',
    note: '1 of 2 files changed\n',
  });
  expect(readFileSync(join(folder, 'shop/slow.ddl'), 'utf8')).toContain('  when latency > 500ms for 30s\n');
  expect(readdirSync(join(folder, 'shop')).sort()).toEqual(['schema.ddl', 'slow.ddl']);
  expect(runDdlc(['fmt', 'shop', '--check'], { folder }).code).toBe(0);
});

test('a file with mistakes in its form is reported and left alone, the others are not', () => {
  const brokenText = `${untidy.replace('policy slow', 'policy broken')}\npolicy {`;
  const folder = scratch({ 'broken.ddl': brokenText, 'slow.ddl': untidy });
  const { code, out, note } = runDdlc(['fmt', '.'], { folder });
  expect(code).toBe(1);
  expect(out).toBe('slow.ddl\n');
  expect(note).toMatch(/error\[DDL1\d{3}\].*\n +--> broken\.ddl:/);
  expect(note).toContain('1 of 2 files changed, 1 left alone because of the mistakes above\n');
  expect(readFileSync(join(folder, 'broken.ddl'), 'utf8')).toBe(brokenText);
});

test('bytes that are no UTF-8 are never written over', () => {
  const bytes = Buffer.from(untidy.replace('Slow', 'Tr\u00E4ge'), 'latin1');
  const folder = scratch({ 'slow.ddl': bytes });
  expect(runDdlc(['fmt', '.'], { folder }).code).toBe(1);
  expect(readFileSync(join(folder, 'slow.ddl')).equals(bytes)).toBe(true);
});

test('a name that means nothing is no reason to leave a file alone', () => {
  const folder = scratch({ 'slow.ddl': untidy });
  expect(runDdlc(['fmt', '.'], { folder }).code).toBe(0);
});

test('a file name does not steer the terminal', () => {
  const folder = scratch({ 'a\u001B[31m\u202E\n.ddl': untidy });
  expect(runDdlc(['fmt', '.', '--check'], { folder }).out).toBe('a?[31m??.ddl\n');
});

test('permissions and links stay', () => {
  const folder = scratch({ 'real/slow.ddl': untidy, 'shop/schema.ddl': schemaText });
  chmodSync(join(folder, 'real/slow.ddl'), 0o640);
  symlinkSync('../real/slow.ddl', join(folder, 'shop/slow.ddl'));
  expect(runDdlc(['fmt', 'shop'], { folder }).code).toBe(0);
  expect(lstatSync(join(folder, 'shop/slow.ddl')).isSymbolicLink()).toBe(true);
  expect(statSync(join(folder, 'real/slow.ddl')).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(folder, 'real/slow.ddl'), 'utf8')).not.toBe(untidy);
});
