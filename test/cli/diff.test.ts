// `ddlc diff`: folders and commits, text and JSON, and as a merge gate.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';

const looser = policyText.replace('500ms', '300ms').replace('owner "team"', 'owner "others"');
const versions = {
  'old/schema.ddl': schemaText,
  'old/slow.ddl': policyText,
  'new/schema.ddl': schemaText,
  'new/slow.ddl': looser,
};

test('text: what changed, in which direction, where it stands', () => {
  const folder = scratch(versions);
  const { code, out, note } = runDdlc(['diff', 'old', 'new'], { folder });
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "policy slow (slow.ddl:1) changed: wider, state-resetting
      when: latency > 500ms → latency > 300ms   [wider, state-resetting]
      owner: team → others   [safe]
    "
  `);
  expect(note).toBe('\n1 policy changed: wider, state-resetting; 0 policies mean what they meant\n');
});

test('json', () => {
  const folder = scratch(versions);
  const { out } = runDdlc(['diff', 'old', 'new', '--format', 'json'], { folder });
  expect(JSON.parse(out)).toEqual({
    policies: [
      {
        name: 'slow',
        change: 'changed',
        from: null,
        source: 'slow.ddl:1',
        classes: ['wider', 'state-resetting'],
        changes: [
          { part: 'when', classes: ['wider', 'state-resetting'], before: 'latency > 500ms', after: 'latency > 300ms' },
          { part: 'owner', classes: ['safe'], before: 'team', after: 'others' },
        ],
      },
    ],
    fleets: [],
    classes: ['wider', 'state-resetting'],
    unchanged: 0,
  });
});

test('a merge gate', () => {
  const folder = scratch(versions);
  const run = (...words: string[]) => runDdlc(['diff', ...words], { folder });
  expect(run('old', 'new', '--fail-on', 'wider,opposite')).toMatchObject({
    code: 1,
    note: expect.stringContaining('refused because of --fail-on: wider'),
  });
  expect(run('new', 'old', '--fail-on', 'wider,opposite').code).toBe(0);
  expect(run('old', 'old', '--fail-on', 'wider').note).toBe('1 policy means what it meant: nothing has changed\n');
  expect(run('old', 'new', '--fail-on', 'broader')).toMatchObject({ code: 2 });
  expect(run('old', 'missing')).toMatchObject({ code: 2 });
});

test('a version with errors is told, and is no difference', () => {
  const folder = scratch({ ...versions, 'new/slow.ddl': policyText.replace('latency', 'latncy') });
  const { code, out, note } = runDdlc(['diff', 'old', 'new'], { folder });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(note).toContain('DDL2002');
});

test('a commit beside a folder, a commit beside a commit', () => {
  const folder = scratch({
    'shop/schema.ddl': schemaText,
    'shop/slow.ddl': policyText,
    'shop/a b/empty.ddl': '',
    'shop/.hidden/x.ddl': 'x',
    'shop/node_modules/y/y.ddl': 'y',
    'other/z.ddl': 'z',
  });
  const git = (...words: string[]): void => {
    const settings = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', [...settings, ...words], { cwd: folder, stdio: 'ignore' });
  };
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'first');
  writeFileSync(join(folder, 'shop/slow.ddl'), looser);
  const beside = runDdlc(['diff', 'git:main', 'shop', '--format', 'json'], { folder });
  expect(JSON.parse(beside.out).classes).toEqual(['wider', 'state-resetting']);
  git('commit', '-qam', 'second');
  const between = runDdlc(['diff', 'git:HEAD~1:shop', 'git:HEAD:shop', '--format', 'json'], { folder });
  expect(between.out).toBe(beside.out);

  const run = (...words: string[]) => runDdlc(['diff', ...words], { folder });
  expect(run('git:none', 'shop')).toMatchObject({ code: 2, note: expect.stringContaining("can't read git:none") });
  expect(run('git:--help', 'shop')).toMatchObject({ code: 2 });
  expect(run('git:HEAD~1', 'git:HEAD')).toMatchObject({ code: 2, note: expect.stringContaining('names no folder') });
  expect(run('git:main:nothing', 'shop')).toMatchObject({ code: 2, note: expect.stringContaining('no `.ddl` file') });
});
