// `ddlc check`: what it prints in each format, and its exit codes.

import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch, soundProject } from '../support/scratch.ts';

const broken = {
  'shop/schema.ddl': schemaText,
  'shop/slow.ddl': policyText.replace('latency >', 'latncy >'),
  'shop/warn.ddl': '',
};

test('a sound program: nothing on standard output, exit code 0', () => {
  const folder = scratch(soundProject);
  expect(runDdlc(['check', 'shop'], { folder })).toEqual({
    code: 0,
    out: '',
    note: '1 policy and 0 tests in 2 files: no problems found\n',
  });
});

test('text: paths are relative to the current folder, no colours into a pipe', () => {
  const folder = scratch(broken);
  const { code, out, note } = runDdlc(['check', 'shop'], { folder });
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "error[DDL2002]: \`latncy\` is no metric or tag of \`service\`, and no \`let\` or \`const\`
     --> shop/slow.ddl:6:8
      |
    6 |   when latncy > 500ms for 30s
      |        ^^^^^^
     ::: shop/schema.ddl:1:8
      |
    1 | schema service {
      |        ------- schema \`service\` is declared here
      = help: did you mean \`latency\`?

    warning[DDL7001]: this file declares nothing
     --> shop/warn.ddl:1:1
      = help: write a \`schema\`, a \`policy\` … into it, or remove it
    "
  `);
  expect(note).toBe('\n1 error and 1 warning; `ddlc explain DDL2002` tells more\n');
});

test('json: the published shape', () => {
  const folder = scratch(broken);
  const { code, out, note } = runDdlc(['lint', 'shop', '--format', 'json'], { folder });
  expect({ code, note }).toEqual({ code: 1, note: '' });
  const report = JSON.parse(out);
  expect(report.policies).toBe(1);
  expect(report.problems).toHaveLength(2);
  expect(report.problems[0]).toMatchObject({
    code: 'DDL2002',
    severity: 'error',
    message: '`latncy` is no metric or tag of `service`, and no `let` or `const`',
    file: 'shop/slow.ddl',
    line: 6,
    column: 8,
    endLine: 6,
    endColumn: 14,
    help: 'did you mean `latency`?',
    related: [{ message: 'schema `service` is declared here', file: 'shop/schema.ddl', line: 1, column: 8 }],
  });
});

test('sarif: version 2.1.0, one rule per code, regions that count from 1', () => {
  const folder = scratch({ ...broken, 'shop/my file%.ddl': '' });
  const { code, out } = runDdlc(['check', 'shop', '--format', 'sarif'], { folder });
  expect(code).toBe(1);
  const { version, runs } = JSON.parse(out);
  expect(version).toBe('2.1.0');
  const [run] = runs;
  expect(run.columnKind).toBe('utf16CodeUnits');
  for (const result of run.results) {
    expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(['error', 'warning']).toContain(result.level);
    expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
  }
  const places = JSON.stringify(run.results.map((result: { readonly locations: unknown }) => result.locations));
  expect(places).toContain('"uri":"shop/slow.ddl"');
  expect(places).toContain('"uri":"shop/my%20file%25.ddl"');
});

test('github: one workflow command per problem, with what would end it early escaped', () => {
  const folder = scratch(broken);
  const { out } = runDdlc(['check', 'shop', '--format', 'github'], { folder });
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe(
    '::error file=shop/slow.ddl,line=6,endLine=6,col=8,endColumn=13,title=DDL2002::`latncy` is no metric or tag of `service`, and no `let` or `const`%0Aschema `service` is declared here: shop/schema.ddl:1:8%0Ahelp: did you mean `latency`?',
  );
  expect(lines[1]).toMatch(/^::warning file=shop\/warn\.ddl,line=1,/);
});

test('github: neither file names nor texts steer the log', () => {
  const folder = scratch({ 'schema.ddl': schemaText, 'a\u001B[31m.ddl': policyText.replace('latency', '\u001B[2J') });
  const { out } = runDdlc(['check', '.', '--format', 'github'], { folder });
  expect(out).toContain('file=a?[31m.ddl,');
  expect(out).not.toContain('\u001B');
});

test('warnings alone are fine, and are not under --deny-warnings', () => {
  const folder = scratch({ 'schema.ddl': schemaText, 'warn.ddl': broken['shop/warn.ddl'] });
  expect(runDdlc(['check', '.'], { folder }).code).toBe(0);
  expect(runDdlc(['check', '.', '--deny-warnings'], { folder }).code).toBe(1);
});

test('a single file is a program of its own', () => {
  const folder = scratch({ 'one.ddl': `${schemaText}\n${policyText}` });
  expect(runDdlc(['check', 'one.ddl'], { folder }).code).toBe(0);
});

test('colours only when they are wanted', () => {
  const folder = scratch(broken);
  expect(runDdlc(['check', 'shop'], { folder, env: { NO_COLOR: '1' } }).out).not.toContain('\u001B');
});
