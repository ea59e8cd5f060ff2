// Generated modules: the same bytes every time, sound TypeScript, JavaScript of the same lines, maps to `.ddl` lines, and
// nothing that a name, a text or a comment can break.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind, generate } from '../../cli/program.ts';
import { emit } from '../../compiler/6-emit/emit.ts';
import { analyse } from '../../compiler/analyse.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { irOf, startMs } from '../evaluate/judge-case.ts';
import { arbitraryCase, arbitraryLongRuns } from '../support/random-program.ts';
import { hostileMetrics, hostilePolicies, hostileSource, hostileTexts } from './hostile-program.ts';

const root = join(import.meta.dirname, '../..');
const goldenFolder = join(root, 'test/language/emit');
const scratch = mkdtempSync(join(tmpdir(), 'ddl-emit-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const samples: readonly (readonly [name: string, text: string])[] = [
  ['hostile', hostileSource],
  ...readdirSync(goldenFolder).map(
    (name) => [name, readFileSync(join(goldenFolder, name, 'input.ddl'), 'utf8')] as const,
  ),
  ...[arbitraryCase, arbitraryLongRuns].flatMap((cases, shape) =>
    fc.sample(cases, { numRuns: 20, seed: 7 }).map(({ text }, index) => [`random_${shape}_${index}`, text] as const),
  ),
];

describe('the same program', () => {
  test.each(samples)('%s is the same bytes twice', (_name, text) => {
    expect(generate(irOf(text))).toEqual(generate(irOf(text)));
  });

  const declarations = 'const limit = 5%\nlet failing = error_rate > limit for 30s\n';
  const schema = 'schema service {\n  key id\n  metric error_rate: ratio\n}\n';
  const policy = 'policy p {\n  on service\n  when failing\n  do notify("look here")\n}\n';

  test('means the same whatever the order of files and declarations', () => {
    const orders = [
      [declarations, schema, policy],
      [policy, schema, declarations],
      [schema, policy, declarations],
    ];
    const programs = orders.map((texts) => {
      const { ir } = analyse(
        texts.map((text) => ({ file: `${[declarations, schema, policy].indexOf(text)}.ddl`, text })),
      );
      if (ir === null) throw new Error('the program has errors');
      return generate(ir);
    });
    expect(programs[1]).toEqual(programs[0]);
    expect(programs[2]).toEqual(programs[0]);
  });
});

test('the TypeScript passes `tsc --strict`', () => {
  const files: string[] = [];
  for (const [name, text] of samples) {
    const ir = irOf(text);
    for (const [kind, { modules }] of [
      ['plain', emit(ir, false)],
      ['generated', generate(ir)],
    ] as const) {
      const folder = join(scratch, 'strict', `${name}_${kind}`);
      mkdirSync(folder, { recursive: true });
      for (const module of modules) {
        files.push(join(folder, `${module.name}.ts`));
        writeFileSync(join(folder, `${module.name}.ts`), module.ts);
      }
    }
  }
  const options = {
    target: 'es2024',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    noEmit: true,
    types: [],
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    paths: { 'ddl/contract': [join(root, 'runtime/contract.ts')] },
  };
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
  const result = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', scratch], { encoding: 'utf8' });
  expect(result.stdout).toBe('');
  expect(result.status).toBe(0);
});

/** A line without the difference that stripped types leave: blanks. */
function tidy(line: string): string {
  return line.replace(/\s+/g, '');
}

test.each(samples)('the JavaScript of %s is the same lines without types', (_name, text) => {
  for (const { name, ts, js } of generate(irOf(text)).modules) {
    const typed = ts.split('\n');
    const stripped = stripTypeScriptTypes(ts).split('\n');
    const lines = js.split('\n');
    expect(lines.length, name).toBe(typed.length);
    for (const [at, line] of lines.entries()) {
      if (typed[at].startsWith('import type ')) expect(line).toBe("'use strict';");
      else if (typed[at].startsWith('export const '))
        expect(tidy(line)).toBe(tidy(stripped[at]).replace(/^exportconst/, 'exports.'));
      else expect(tidy(line)).toBe(tidy(stripped[at]));
      if (line === typed[at]) continue;
      expect(typed[at], 'only lines with types differ').toMatch(
        /^(?:import type|export const|function) | as \w+Kernel; /,
      );
    }
  }
});

describe('source maps', () => {
  const text = [
    '// a line above',
    'schema service {',
    '  key id',
    '  metric error_rate: ratio',
    '  metric latency: duration',
    '}',
    '',
    'policy failing {',
    '  on service',
    '  when error_rate > 5%',
    '   and latency > 1s for 10s',
    '  do notify("look here")',
    '}',
    '',
  ].join('\n');

  /** The stack of an error thrown while a policy runs, as Node prints it with `--enable-source-maps`. */
  function stackOf(body: string): string {
    const script = join(scratch, 'throws.mts');
    writeFileSync(
      script,
      `import { createEvaluator } from ${JSON.stringify(join(root, 'cli/program.ts'))};
       import { analyse } from ${JSON.stringify(join(root, 'compiler/analyse.ts'))};
       import { Rows } from ${JSON.stringify(join(root, 'runtime/evaluate/rows.ts'))};
       const { ir } = analyse([{ file: 'shop/errors.ddl', text: ${JSON.stringify(text)} }]);
       const { policies } = createEvaluator(ir, 'generated').code;
       const rows = new Rows({ width: 2, tagWidth: 0, derivedWidth: 0, memberWidth: 0, pointWidth: 0 });
       const fail = () => { throw new Error('thrown'); };
       rows.append(${startMs}, 0, 0);
       rows.values.set([1, 2]);
       try { ${body} } catch (error) { console.log(error.stack); }`,
    );
    return execFileSync(process.execPath, ['--enable-source-maps', '--no-warnings', script], { encoding: 'utf8' });
  }

  test('lead from a clause to its line', () => {
    const stack = stackOf('policies[0].explain(rows, 0, new Proxy([], { set: fail }));');
    expect(stack).toMatch(/shop[/]errors\.ddl:10\b/);
  });

  test('lead from a timer to its line', () => {
    const stack = stackOf(
      `policies[0].explain(rows, 0, new Proxy([], { set(target, at) { if (at === '1') fail(); return true; } }));`,
    );
    expect(stack).toMatch(/shop[/]errors\.ddl:11\b/);
  });

  test('lead from the rest of the policy to its declaration', () => {
    const stack = stackOf('policies[0].run({ get order() { return fail(); } }, 0, 1, new Float64Array(8), 0, {});');
    expect(stack).toMatch(/shop[/]errors\.ddl:8\b/);
  });

  test('map no line that is not there', () => {
    for (const { js, map } of generate(irOf(hostileSource)).modules) {
      const { version, mappings } = JSON.parse(map) as { version: number; mappings: string };
      expect(version).toBe(3);
      expect(mappings.split(';').length).toBe(js.split('\n').length - 1);
    }
  });
});

describe('hostile names and texts', () => {
  const value = (index: number): number => (index % 3 === 0 ? 1 : 2 + index / 1000);

  function judge(kind: EvaluatorKind): readonly string[] {
    const log: string[] = [];
    const session = new Session(createEvaluator(irOf(hostileSource), kind), {
      propose: ({ policy, key, values }) => log.push(`${policy.name} ${key} ${JSON.stringify(values)}`),
      rearm: () => {},
      skip: (policy) => log.push(`${policy} skipped`),
      late: () => {},
      deadLetter: () => {},
    });
    const [service, texts] = session.intake.schemas;
    for (let second = 0; second < 3; second++) {
      const row = service.rows.append(startMs + second * 1000, service.keys.intern('__proto__'), session.intake.seq++);
      for (const [name, slot] of service.metricSlot) {
        const index = hostileMetrics.indexOf(name);
        if (index >= 0) service.rows.values[row * service.rows.width + slot] = value(index);
      }
      for (const [at, tag] of service.tags.entries())
        service.rows.tags[row * service.rows.tagWidth + at] = tag.intern('somewhere');
    }
    for (const [index, [, text]] of hostileTexts.entries()) {
      const row = texts.rows.append(startMs + 2000 + index, texts.keys.intern(text), session.intake.seq++);
      texts.rows.tags[row] = texts.tags[0].intern(text);
      texts.rows.values.set([index, index], row * 2);
    }
    session.partition.close();
    return log;
  }

  test.each<EvaluatorKind>(['interpreter', 'plain', 'generated'])('mean what they say, %s', (kind) => {
    const expected = hostileMetrics.flatMap((metric, index) => {
      const measured = value(index);
      if (measured <= 1) return [];
      const next = hostileMetrics[(index + 1) % hostileMetrics.length];
      const clauses = [
        [`${metric} > 1`, measured],
        [`avg(${metric} over 2s) / 2 + 1 > 1`, measured / 2 + 1],
        [`${next} > 5 for 1s`, value((index + 1) % hostileMetrics.length)],
        [`${metric} > 1 within 3s`, measured],
        [`${metric} > 5`, measured],
        [`${next} > 5`, value((index + 1) % hostileMetrics.length)],
        ['missing(region)', null],
      ] as const;
      return [`${hostilePolicies[index] ?? `p${index}`} __proto__ ${JSON.stringify(Object.fromEntries(clauses))}`];
    });
    const log = judge(kind);
    expect(log.slice(0, expected.length)).toEqual(expected);
    expect(log.slice(expected.length).map((line) => line.slice(0, line.indexOf(' {')))).toEqual(
      hostileTexts.map(([, text], index) => `text_${index} ${text}`),
    );
  });

  test('leave no invisible or direction-changing character in the code', () => {
    for (const { ts } of generate(irOf(hostileSource)).modules)
      expect(ts).not.toMatch(/[\p{Bidi_Control}\u2028\u2029\u200b\ufeff]/u);
  });
});
