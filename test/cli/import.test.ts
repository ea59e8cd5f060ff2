// `ddlc import`: files that are written, the summary that is printed, and input that can't be read.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const sound = `groups:
  - name: shop hosts
    rules:
      - alert: HostDown
        expr: up{job="shop"} == 0
        for: 2m
        labels: { severity: page, team: shop }
        annotations: { summary: 'A host is down', runbook_url: 'https://runbooks.example/down' }
      - alert: ManyErrors
        expr: sum by (job) (rate(errors_total[5m])) / sum by (job) (rate(requests_total[5m])) > 0.05
      - alert: NeverFires
        expr: count(up) == 0
`;

test('what is imported compiles without warnings, is tested, laid out, and names the rule that it came from', () => {
  const folder = scratch({ 'rules.yml': sound });
  const { code, out } = runDdlc(['import', 'prometheus', 'rules.yml', '--out', 'made'], { folder });
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      rules: 3,
      imported: 2,
      refused: [{ name: 'NeverFires', reason: 'a rule that can never fire: `count(up) == 0`' }],
    },
  ]);
  const text = readFileSync(join(folder, 'made/shop_hosts.ddl'), 'utf8');
  expect(text).toContain(`/// Imported from the alert rule \`HostDown\` of group \`shop hosts\` in \`rules.yml\`:
///   up{job="shop"} == 0
policy host_down {
  title "A host is down"
  owner "shop"
  runbook "https://runbooks.example/down"

  on shop_hosts_series where job == "shop"
  // ddl-ignore DDL4040: to Prometheus what is not there is not so
  on missing treat_as false
  when up == 0 for 2m

  do notify(severity: critical)
}
`);
  expect(runDdlc(['check', 'made', '--deny-warnings'], { folder }).code).toBe(0);
  expect(runDdlc(['fmt', 'made', '--check'], { folder })).toMatchObject({ code: 0, out: '' });
  const tested = JSON.parse(runDdlc(['test', 'made', '--format', 'json'], { folder }).out) as object;
  expect(tested).toMatchObject({ passed: 4, failed: 0 });
});

test('nothing is written over', () => {
  const folder = scratch({ 'rules.yml': sound, 'made/shop_hosts.ddl': '// mine\n' });
  const { code, note } = runDdlc(['import', 'prometheus', 'rules.yml', '--out', 'made'], { folder });
  expect(code).toBe(2);
  expect(note).toContain('made/shop_hosts.ddl is there already, and nothing was written');
  expect(readFileSync(join(folder, 'made/shop_hosts.ddl'), 'utf8')).toBe('// mine\n');
});

test('policies in JSON become a program that passes check, fmt and test', () => {
  const policy = {
    id: '8b1f6f0e-5d0e-4a8e-9c55-0d2f5f4f7c11',
    name: 'High error rate',
    version: 1,
    conditions: [{ metric: 'error_rate', operator: 'gt', threshold: 0.05, duration: 30_000 }],
    actions: [{ type: 'scale_up', target: 'payment-service', payload: { by: 2 }, timeout: 5000 }],
  };
  const folder = scratch({ 'old.json': JSON.stringify({ policies: [policy] }) });
  const { code, out } = runDdlc(['import', 'policy-json', 'old.json', '--out', 'made'], { folder });
  expect([code, JSON.parse(out)]).toEqual([0, { rules: 1, imported: 1, refused: [] }]);
  expect(readdirSync(join(folder, 'made')).sort()).toEqual(['policies.ddl', 'service.ddl', 'tests.ddl']);
  expect(runDdlc(['check', 'made', '--deny-warnings'], { folder }).code).toBe(0);
  expect(runDdlc(['fmt', 'made', '--check'], { folder })).toMatchObject({ code: 0, out: '' });
  expect(runDdlc(['test', 'made'], { folder }).code).toBe(0);
});

test.each([
  ['groups:\n  - name: a\n    rules:\n      - alert: x\n', 'rules.yml is no rule file: groups[0].rules[0].expr: '],
  ['groups:\n  - name: a\n    rules:\n      - expr: x\n', 'groups[0].rules[0]: has neither `alert` nor `record`'],
  [
    'groups:\n  - name: a\n    rules:\n      - alert: x\n        expr: x\n        for: soon\n',
    'rules[0].for: is no duration',
  ],
  ['groups: [', 'rules.yml is no YAML: '],
  [aliasBomb(), "rules.yml can't be read: Excessive alias count"],
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

/** Ten lists of ten of the list before: a few lines that nobody can write out. */
function aliasBomb(): string {
  const lists = [...'bcdefghij'].map(
    (name, k) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[k]}`).join(',')}]`,
  );
  return `a: &a [x]\n${lists.join('\n')}\ngroups: []\n`;
}
