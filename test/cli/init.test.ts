// `ddlc init`: what it writes is without problems, canonical and tested, and nothing is ever written over.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

test('the project passes check, fmt and test', () => {
  const folder = scratch();
  const made = runDdlc(['init', 'shop'], { folder });
  expect(made.code).toBe(0);
  expect(made.out).toBe('shop/service.ddl\nshop/policies.ddl\nshop/tests.ddl\nshop/README.md\n');
  expect(made.note).toContain('ddlc test shop');
  expect(runDdlc(['check', 'shop', '--deny-warnings'], { folder })).toMatchObject({ code: 0, out: '' });
  expect(runDdlc(['fmt', 'shop', '--check'], { folder })).toMatchObject({ code: 0, out: '' });
  expect(JSON.parse(runDdlc(['test', 'shop', '--format', 'json'], { folder }).out)).toMatchObject({
    passed: 2,
    failed: 0,
  });
});

test('without a folder it writes to the current one', () => {
  const folder = scratch();
  expect(runDdlc(['init'], { folder }).code).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['README.md', 'policies.ddl', 'service.ddl', 'tests.ddl']);
});

test('nothing is written over, and nothing is written beside', () => {
  const folder = scratch({ 'shop/README.md': 'mine', 'other/mine.ddl': '' });
  expect(runDdlc(['init', 'shop'], { folder })).toMatchObject({ code: 2, out: '' });
  expect(readdirSync(join(folder, 'shop'))).toEqual(['README.md']);
  expect(readFileSync(join(folder, 'shop/README.md'), 'utf8')).toBe('mine');
  const second = runDdlc(['init', 'other'], { folder });
  expect(second.code).toBe(2);
  expect(second.note).toContain('other holds a project already (other/mine.ddl), and nothing was written');
});

test('a file where the folder should be', () => {
  const folder = scratch({ shop: 'a file' });
  expect(runDdlc(['init', 'shop'], { folder })).toMatchObject({ code: 2, out: '' });
});

test.runIf(existsSync('/proc/version'))('where no folder can be made it says so and ends', () => {
  const { code, out, note } = runDdlc(['init', '/proc/ddl']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toContain("can't write /proc/ddl/service.ddl");
});
