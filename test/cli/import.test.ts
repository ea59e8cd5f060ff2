// `ddlc import`: files that are written, the summary that is printed, and input that can't be read.

import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

const rules = `groups:
  - name: hosts
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: TopHeavy
        expr: topk(3, load) > 5
        for: 5m
`;

test('what can’t be said is refused by name, with the part that stands in the way', () => {
  const folder = scratch({ 'rules.yml': rules });
  const { code, out, note } = runDdlc(['import', 'prometheus', 'rules.yml', '--out', 'made'], { folder });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    rules: 2,
    imported: 0,
    refused: [
      { name: 'job:up:sum', reason: 'a recording rule alerts on nothing' },
      { name: 'TopHeavy', reason: 'the aggregation topk: `topk(3, load)`' },
    ],
  });
  expect(note).toContain('0 of 2 imported to made');
  expect(readdirSync(folder)).toEqual(['rules.yml']);
});

test.each([
  ['groups:\n  - name: a\n    rules:\n      - alert: x\n', 'rules.yml is no rule file: groups[0].rules[0].expr: '],
  ['groups:\n  - name: a\n    rules:\n      - expr: x\n', 'groups[0].rules[0]: has neither `alert` nor `record`'],
  [
    'groups:\n  - name: a\n    rules:\n      - alert: x\n        expr: x\n        for: soon\n',
    'rules[0].for: is no duration',
  ],
  ['groups: [', 'rules.yml is no YAML: '],
])('a file that is no rule file', (text, message) => {
  const folder = scratch({ 'rules.yml': text });
  const { code, out, note } = runDdlc(['import', 'prometheus', 'rules.yml', '--out', 'made'], { folder });
  expect([code, out]).toEqual([2, '']);
  expect(note).toContain(message);
});

test('a file that is not there, and an interval that is none', () => {
  const folder = scratch({ 'rules.yml': rules });
  const gone = runDdlc(['import', 'prometheus', 'gone.yml', '--out', 'made'], { folder });
  expect([gone.code, gone.note]).toEqual([2, "error: can't read gone.yml: there is no such file or folder\n"]);
  const odd = runDdlc(['import', 'prometheus', 'rules.yml', '--out', 'made', '--interval', '15'], { folder });
  expect(odd.code).toBe(2);
  expect(odd.note).toContain('It is a duration such as 15s.');
});
