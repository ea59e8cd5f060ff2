// What other programs read of `ddlc check`: SARIF held to a closed schema, GitHub annotations to a strict parser, JSON to
// its published shape; with findings of every kind, suppressed ones among them, and hostile names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { renderGithub } from '../../cli/render/github.ts';
import { renderJson } from '../../cli/render/json.ts';
import { Places } from '../../cli/render/places.ts';
import { renderSarif } from '../../cli/render/sarif.ts';
import { renderText } from '../../cli/render/text.ts';
import { type Analysis, analyse } from '../../compiler/analyse.ts';
import { catalogue, type DiagnosticName } from '../../compiler/diagnostics/catalogue.ts';
import { exampleProgram } from '../../compiler/diagnostics/entry.ts';

interface Case {
  readonly analysis: Analysis;
  readonly places: Places;
  readonly sources: ReadonlyMap<string, string>;
}

function caseOf(file: string, text: string): Case {
  const files = [
    { file: 'example.ddl', text: exampleProgram },
    { file, text },
  ];
  const sources = new Map(files.map((entry) => [entry.file, entry.text]));
  return { analysis: analyse(files), places: new Places(sources), sources };
}

const suppressing = `policy p {
  on service
  // ddl-ignore DDL4103: kept while the old dashboard shows it
  when latency > 500ms and latency > 300ms
  do notify("50% of all, now: look here")
}
`;

/** One of each kind: with a fix, with second labels, with an example, suppressed; in files with awkward names. */
const cases: readonly (readonly [string, Case])[] = [
  ...(Object.keys(catalogue) as DiagnosticName[])
    .filter((name) => catalogue[name].bad !== '')
    .map((name) => [name, caseOf('input.ddl', catalogue[name].bad)] as const),
  ['a suppressed finding', caseOf('input.ddl', suppressing)],
  ['a name like a scheme', caseOf('http:x/pay ments,50%.ddl', 'policy p {\n  on nowhere\n  do nothing()\n}\n')],
];

describe('SARIF', () => {
  const schema: object = JSON.parse(readFileSync(join(import.meta.dirname, '../support/sarif-schema.json'), 'utf8'));
  const ajv = new Ajv({ strict: true, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);

  test.each(cases)('%s', (_, { analysis, places }) => {
    const document = JSON.parse(renderSarif(analysis.diagnostics, analysis.suppressed, places, '1.2.3'));
    expect(validate(document), ajv.errorsText(validate.errors)).toBe(true);
    const [run] = document.runs;
    for (const { ruleId, ruleIndex, locations } of run.results) {
      expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
      const { startLine, startColumn, endLine, endColumn } = locations[0].physicalLocation.region;
      expect(endLine > startLine || endColumn >= startColumn).toBe(true);
    }
  });

  test('the schema refuses what is not SARIF', () => {
    for (const document of [
      {},
      { version: '2.0.0', runs: [] },
      { version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: 'text' }] }] },
    ])
      expect(validate(document)).toBe(false);
  });

  test('a suppressed finding is a result with its suppression, and nothing elsewhere', () => {
    const { analysis, places, sources } = caseOf('input.ddl', suppressing);
    const document = JSON.parse(renderSarif(analysis.diagnostics, analysis.suppressed, places, '1.2.3'));
    const own = document.runs[0].results.filter((result: { ruleId: string }) => result.ruleId === 'DDL4103');
    expect(own).toHaveLength(1);
    expect(own[0].suppressions).toEqual([
      {
        kind: 'inSource',
        status: 'accepted',
        justification: 'kept while the old dashboard shows it',
        location: {
          physicalLocation: {
            artifactLocation: { uri: 'input.ddl' },
            region: { startLine: 3, startColumn: 3, endLine: 3, endColumn: 63 },
          },
        },
      },
    ]);
    expect(renderText(analysis.diagnostics, sources)).not.toContain('DDL4103');
    expect(renderGithub(analysis.diagnostics, places)).not.toContain('DDL4103');
    const json = JSON.parse(renderJson(analysis, places));
    expect(json.problems.map((problem: { code: string }) => problem.code)).not.toContain('DDL4103');
    expect(json.suppressed).toMatchObject([
      { code: 'DDL4103', line: 4, reason: 'kept while the old dashboard shows it' },
    ]);
  });
});

interface WorkflowCommand {
  readonly command: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

/** `::command name=value,name=value::data` with the escapes of both kinds, and not a sign more. */
function parseCommand(line: string): WorkflowCommand {
  const match = /^::([a-z]+) ([^:]*)::(.*)$/.exec(line);
  if (match === null) throw new Error(`no workflow command: ${line}`);
  const [, command = '', head = '', data = ''] = match;
  const properties = new Map<string, string>();
  for (const pair of head.split(',')) {
    const [name = '', value, ...more] = pair.split('=');
    if (!/^[A-Za-z]+$/.test(name) || value === undefined || more.length > 0 || properties.has(name))
      throw new Error(`no property: ${pair}`);
    properties.set(name, unescaped(value, /%(25|0D|0A|3A|2C)/g));
  }
  return { command, properties, data: unescaped(data, /%(25|0D|0A)/g) };
}

function unescaped(text: string, escapes: RegExp): string {
  if (text.replace(escapes, '').includes('%')) throw new Error(`a bare % in ${text}`);
  return text.replace(escapes, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

describe('GitHub annotations', () => {
  const known = ['file', 'line', 'endLine', 'col', 'endColumn', 'title'];

  test.each(cases)('%s', (_, { analysis, places }) => {
    const lines = renderGithub(analysis.diagnostics, places).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(analysis.diagnostics.length);
    for (const [at, line] of lines.entries()) {
      const diagnostic = analysis.diagnostics[at];
      const { command, properties, data } = parseCommand(line);
      expect(command).toBe(diagnostic?.severity);
      expect([...properties.keys()].filter((name) => !known.includes(name))).toEqual([]);
      expect(properties.get('title')).toBe(diagnostic?.code);
      expect(properties.get('file')).toBe(diagnostic?.span.file);
      const { line: first, column } = places.of(diagnostic?.span ?? { file: '', start: 0, end: 0 });
      expect([properties.get('line'), properties.get('col')]).toEqual([String(first), String(column)]);
      expect(data).not.toBe('');
      if (diagnostic?.example != null) expect(data).toContain(diagnostic.example.outcome);
    }
  });

  test('the parser refuses what a runner would misread', () => {
    for (const line of ['error', '::error file=a::50% of', '::error file=a,file=b::x', '::error f%3=a::x'])
      expect(() => parseCommand(line)).toThrow();
  });
});

test('JSON: an example comes with its events and what they show', () => {
  const { analysis, places } = caseOf('input.ddl', catalogue['opposite-actions'].bad);
  const [problem] = JSON.parse(renderJson(analysis, places)).problems.filter(
    ({ code }: { code: string }) => code === 'DDL4107',
  );
  expect(problem.example).toEqual({
    text: ['given service(service_id: "a") every 1s', '  0s .. 2s: latency 600ms, queue 5'],
    outcome: '`grow` and `shrink` both fire',
    fires: ['grow', 'shrink'],
    silent: [],
  });
});
