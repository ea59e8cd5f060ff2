// Test results as JUnit XML: well-formed whatever stands in titles and messages, and in the form that CI systems read.

import { expect, test } from 'vitest';
import { renderJunit } from '../../cli/render/junit.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';

/** Elements with their attributes (`!`: required, `#`: a whole number) and children. Source: junit-10.xsd of the Jenkins xUnit plugin. */
const schema: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: {
    attributes: ['name', 'time', 'tests#', 'failures#', 'disabled#', 'errors#'],
    children: ['testsuite'],
  },
  testsuite: {
    attributes: [
      ...['name!', 'tests!#', 'failures#', 'errors#', 'group', 'time', 'skipped#', 'timestamp', 'hostname', 'id'],
      ...['package', 'file', 'log', 'url', 'version'],
    ],
    children: ['properties', 'testcase', 'testsuite', 'system-out', 'system-err'],
  },
  testcase: {
    attributes: [
      'name!',
      'assertions',
      'time',
      'classname',
      'status',
      'class',
      'file',
      'line#',
      'score',
      'group',
      'url',
    ],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err', 'properties', 'rerunFailure'],
  },
  failure: { attributes: ['type', 'message'], children: [] },
};

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  expect(text).not.toMatch(/[<]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/);
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code === undefined ? (entities[name] as string) : String.fromCodePoint(Number(code)),
  );
}

/** Reads XML without namespaces, comments and CDATA; everything that is no such XML is refused. */
function parseXml(xml: string): Element {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  expect(body.length, 'the declaration').toBeLessThan(xml.length);
  // What XML 1.0 does not allow at all.
  expect([...body].filter((sign) => sign.charCodeAt(0) < 0x20 && !'\t\n\r'.includes(sign))).toEqual([]);
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let at = 0;
  for (const match of body.matchAll(/<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const top = open.at(-1) as Element;
    top.text += unescaped(body.slice(at, match.index));
    at = match.index + match[0].length;
    const [, closing, name = '', written = '', empty] = match;
    if (closing === '/') {
      expect(open.pop()?.name).toBe(name);
      continue;
    }
    const pairs = [...written.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      unescaped(value),
    ]);
    expect(new Set(pairs.map(([key]) => key)).size).toBe(pairs.length);
    const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
    top.children.push(element);
    if (empty !== '/') open.push(element);
  }
  expect(body.slice(at).trim()).toBe('');
  expect(open).toHaveLength(1);
  expect(root.children).toHaveLength(1);
  return root.children[0] as Element;
}

function validate(element: Element): void {
  const rule = schema[element.name];
  if (rule === undefined) throw new Error(`<${element.name}> is no element of the schema`);
  const known = new Map(rule.attributes.map((entry) => [entry.replace(/[!#]/g, ''), entry]));
  for (const [name, value] of Object.entries(element.attributes)) {
    const entry = known.get(name);
    if (entry === undefined) throw new Error(`<${element.name}> has no attribute ${name}`);
    if (entry.includes('#')) expect(value, name).toMatch(/^\d+$/);
  }
  for (const [name, entry] of known) if (entry.includes('!')) expect(element.attributes).toHaveProperty(name);
  for (const child of element.children) {
    expect(rule.children).toContain(child.name);
    validate(child);
  }
}

test('nothing in titles, paths and messages breaks it', () => {
  const hostile = 'a < b && "c" \u0000\u001b[31m ]]> \ud800 é 🙂\nsecond line';
  const results = [
    { name: hostile, file: 'a&b.ddl', line: 3, outcome: 'failed', message: hostile },
    { name: 'fine', file: 'a.ddl', line: 9, outcome: 'passed' },
  ] as const;
  const xml = parseXml(renderJunit(results));
  validate(xml);
  expect(xml.attributes).toMatchObject({ tests: '2', failures: '1' });
  const [first, second] = xml.children[0]?.children ?? [];
  expect(first?.attributes).toMatchObject({
    file: 'a&b.ddl',
    line: '3',
    name: expect.stringContaining('a < b && "c"'),
  });
  expect(first?.children[0]?.attributes.message).not.toContain('\n');
  expect(first?.children[0]?.text).toContain('second line');
  expect(second).toMatchObject({ attributes: { name: 'fine', classname: 'a.ddl' }, children: [] });
});

test('of no test at all', () => {
  const xml = parseXml(renderJunit([]));
  validate(xml);
  expect(xml.children[0]?.attributes.tests).toBe('0');
});

test('as the command prints it, with the explanation of what failed', () => {
  const given = 'given service(service_id: "a") {\n    0s .. 40s: latency 800ms\n  }';
  const tests = `test "on time" {\n  ${given}\n  expect slow at 30s\n}\ntest "too early" {\n  ${given}\n  expect slow at 10s\n}\n`;
  const folder = scratch({ 'a.ddl': `${schemaText}${policyText}${tests}` });
  const { code, out } = runDdlc(['test', '.', '--format', 'junit'], { folder });
  expect(code).toBe(1);
  const xml = parseXml(out);
  validate(xml);
  expect(xml.children[0]?.attributes).toMatchObject({ tests: '2', failures: '1' });
  const [passed, failed] = xml.children[0]?.children ?? [];
  expect(passed?.children).toEqual([]);
  expect(failed?.children[0]?.text).toContain('fires at the first event from 30s on if `latency > 500ms` stays true');
});
