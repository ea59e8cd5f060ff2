// Holds the repository to its own rules: who may know whom, where clocks are read, what is documented, shown and used.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../cli/commands/index.ts';
import { catalogue } from '../compiler/diagnostics/catalogue.ts';
import { functions } from '../compiler/functions/index.ts';
import { actions } from '../compiler/vocabulary/actions.ts';
import { gates } from '../compiler/vocabulary/gates.ts';
import { metricTypes } from '../compiler/vocabulary/metric-types.ts';
import { actionOptions, fleetProperties, policyProperties } from '../compiler/vocabulary/properties.ts';
import { units } from '../compiler/vocabulary/units.ts';
import { projectPaths, root, type SourceModule, sourceModules } from './support/source-tree.ts';

const paths = projectPaths();
const modules = sourceModules();
const byPath = new Map(modules.map((module) => [module.path, module]));
const own = modules.filter((module) => !module.path.startsWith('test/') && module.path.includes('/'));

const rooms = ['grammar', 'compiler', 'runtime', 'cli', 'policies', 'test'];

function room(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

describe('rooms', () => {
  test('there is no other top-level folder', () => {
    const folders = new Set(paths.filter((path) => path.includes('/')).map(room));
    expect([...folders].filter((name) => !rooms.includes(name) && !name.startsWith('.') && name !== 'docs')).toEqual(
      [],
    );
  });

  test('each has a short README', () => {
    for (const name of rooms) expect(paths, `${name}/README.md`).toContain(`${name}/README.md`);
  });

  test('nobody knows whom they may not know', () => {
    const mayKnow: Readonly<Record<string, (target: string, typeOnly: boolean) => boolean>> = {
      grammar: (target) => room(target) === 'grammar',
      // The one value is the contract's version.
      compiler: (target) => ['grammar', 'compiler'].includes(room(target)) || target === 'runtime/contract.ts',
      runtime: (target) => room(target) === 'runtime',
      cli: (target) => ['grammar', 'compiler', 'runtime', 'cli'].includes(room(target)),
    };
    const wrong = own.flatMap((module) =>
      module.imports
        .filter(({ path, typeOnly }) => path !== null && mayKnow[room(module.path)]?.(path, typeOnly) === false)
        .map(({ path }) => `${module.path} → ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  test('a step of the compiler knows only earlier steps, and later ones’ types at most through the registries', () => {
    // `prove/` reads what lowering made; nobody behind it knows it.
    const step = (path: string): number =>
      path.startsWith('compiler/prove/') ? 4.5 : Number(/^compiler\/(\d)-/.exec(path)?.[1] ?? Number.NaN);
    const wrong = own.flatMap((module) =>
      module.imports
        .filter(({ path }) => path !== null && step(path) > step(module.path))
        .map(({ path }) => `${module.path} → ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  test('grammar and compiler touch no file, no network, no clock', () => {
    const pure = own.filter((module) => ['grammar', 'compiler'].includes(room(module.path)));
    const wrong = pure.flatMap((module) =>
      module.imports
        .filter(({ specifier }) => specifier.startsWith('node:') && specifier !== 'node:crypto')
        .map(({ specifier }) => `${module.path} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('only ports speak to clients of the outside', () => {
    const clients = ['kafkajs', 'ioredis', 'pg', 'pino', 'pino-pretty', '@electric-sql/pglite', 'systeminformation'];
    const wrong = own
      .filter((module) => !module.path.startsWith('runtime/ports/'))
      .flatMap((module) =>
        module.imports
          .filter(({ specifier, typeOnly }) => !typeOnly && clients.includes(specifier))
          .map(({ specifier }) => `${module.path} → ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  test('only ports read a clock, draw a number or set a timer', () => {
    const forbidden =
      /\b(?:Date\.now|new Date\(\)|Date\(\)|Math\.random|randomUUID|randomBytes|setTimeout|setInterval|setImmediate|performance\.now|process\.hrtime|hrtime)\b|new Date\(\)/g;
    const wrong = own
      .filter((module) => !module.path.startsWith('runtime/ports/'))
      .flatMap((module) => [...module.code.matchAll(forbidden)].map(([found]) => `${module.path}: ${found}`));
    expect(wrong).toEqual([]);
  });

  test('no circles, types included', () => {
    expect(findCircle(modules)).toBe(null);
  });
});

function findCircle(all: readonly SourceModule[]): string | null {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string | null => {
    if (done.has(path)) return null;
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path].join(' → ');
    trail.push(path);
    for (const entry of byPath.get(path)?.imports ?? []) {
      const circle = entry.path === null ? null : visit(entry.path);
      if (circle !== null) return circle;
    }
    trail.pop();
    done.add(path);
    return null;
  };
  for (const { path } of all) {
    const circle = visit(path);
    if (circle !== null) return circle;
  }
  return null;
}

describe('files', () => {
  test('every import leads somewhere', () => {
    const wrong = modules.flatMap((module) =>
      module.imports
        .filter(({ path }) => path !== null && !byPath.has(path))
        .map(({ path }) => `${module.path} → ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  test('none is dead: each is reached from the program, a script of package.json, or a test', () => {
    const scripts = readFileSync(join(root, 'package.json'), 'utf8');
    const isStart = ({ path }: SourceModule): boolean =>
      path === 'cli/main.ts' ||
      path.endsWith('.test.ts') ||
      path.endsWith('.config.ts') ||
      path.startsWith('test/campaign/') ||
      path.startsWith('test/bench/') ||
      scripts.includes(path);
    const reached = new Set<string>();
    const open = modules.filter(isStart).map((module) => module.path);
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      const module = byPath.get(path);
      for (const entry of module?.imports ?? []) if (entry.path !== null) open.push(entry.path);
      // A program that a test starts as a process of its own is named in it, a thread in the file beside it that starts it.
      for (const [, name = ''] of module?.text.matchAll(/'(?:[\w./-]*\/)?([\w-]+\.ts)'/g) ?? []) {
        for (const other of modules)
          if (
            basename(other.path) === name &&
            (other.path.startsWith('test/') || dirname(other.path) === dirname(path))
          )
            open.push(other.path);
      }
    }
    expect(modules.map((module) => module.path).filter((path) => !reached.has(path))).toEqual([]);
  });

  test('each opens with what it is, in one to four lines', () => {
    const wrong = modules.filter(({ text }) => {
      const lines = text.replace(/^#![^\n]*\n/, '').split('\n');
      const end = lines.findIndex((line) => !line.startsWith('// '));
      return end < 1 || end > 4;
    });
    expect(wrong.map((module) => module.path)).toEqual([]);
  });

  test('names are kebab-case, and index.ts is a registry’s array', () => {
    const kebab = /^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/;
    expect(modules.filter(({ path }) => !kebab.test(basename(path))).map(({ path }) => path)).toEqual([]);
    const indexes = own.filter(({ path }) => basename(path) === 'index.ts');
    for (const { path, text } of indexes)
      expect(text, path).toMatch(
        /^export const \w+: readonly [\w<>, ]+\[\] = \[|^export function \w+\(.*\): readonly \w+\[\] \{/m,
      );
  });

  test('none has a default export', () => {
    const wrong = modules.filter(
      ({ text, code }) => !text.includes('lint/style/noDefaultExport: ') && /^export default\b/m.test(code),
    );
    expect(wrong.map((module) => module.path)).toEqual([]);
  });

  test('none is longer than 400 lines without a reason', () => {
    /** The reason stands beside each. */
    const longer = new Map([
      ['grammar/ast.ts', 'the whole tree on one page: types without code'],
      ['runtime/contract.ts', 'all that generated code and engine share, on one page: types without code'],
    ]);
    const lines = ({ text }: SourceModule): number => text.trimEnd().split('\n').length;
    const wrong = own.filter((module) => lines(module) > 400 && !longer.has(module.path));
    expect(wrong.map((module) => `${module.path}: ${lines(module)}`)).toEqual([]);
    const idle = own.filter((module) => lines(module) <= 400 && longer.has(module.path));
    expect(
      idle.map((module) => module.path),
      'no longer needs its exception',
    ).toEqual([]);
  });
});

describe('registries', () => {
  const registries = { functions, actions, policyProperties, fleetProperties, actionOptions, metricTypes };
  test.each(Object.entries(registries))(
    '%s: each entry is documented, with an example of it (registry-examples.test.ts compiles them)',
    (_, entries) => {
      const uses = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(text);
      expect(entries.filter(({ doc }) => doc.length < 11).map(({ name }) => name)).toEqual([]);
      expect(entries.filter(({ name, example }) => !uses(example, name)).map(({ name }) => name)).toEqual([]);
      expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
    },
  );

  test('gates, units and parameters are documented', () => {
    for (const { word, doc } of gates) expect(doc, word).not.toBe('');
    for (const { name, doc } of units) expect(doc, name).not.toBe('');
    for (const { name, parameters } of actions)
      for (const entry of parameters) expect(entry.doc, `${name}: ${entry.name}`).not.toBe('');
  });

  test('each command is a file of its name, with one line of help', () => {
    const files = readdirSync(join(root, 'cli/commands')).filter((name) => !['index.ts', 'command.ts'].includes(name));
    expect(commands.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
    for (const { summary } of commands) expect(summary).toMatch(/^[a-z].{10,90}[^.]$/);
  });
});

describe('diagnostics', () => {
  const names = Object.keys(catalogue);

  test.each(names)('%s is reported somewhere and shown in a case', (name) => {
    const reporting = own.filter(({ path, text }) => !path.includes('catalogue') && text.includes(`'${name}'`));
    expect(reporting.length, 'reported nowhere').toBeGreaterThan(0);
    expect(existsSync(join(root, 'test/language/diagnostics', name, 'expected.txt'))).toBe(true);
  });
});

describe('pages', () => {
  const pages = paths.filter((path) => path.endsWith('.md') && !path.startsWith('test/language/'));

  test.each(pages)('%s names only paths that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const isThere = (path: string): boolean =>
      existsSync(join(root, dirname(page), path)) ||
      existsSync(join(root, path)) ||
      (!path.includes('/') && paths.some((known) => known.endsWith(`/${path}`)));
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, path = '']) => path);
    const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map(([, path = '']) => path).filter(looksLikePath);
    expect([...links, ...quoted].filter((path) => !isThere(path))).toEqual([]);
  });

  /** Of the project itself: begins with one of its rooms, or is a source file or folder beside the page. */
  function looksLikePath(text: string): boolean {
    if (/[*<>{}$|()…]|^(https?:|\/|\.ddl|node:)/.test(text)) return false;
    return (
      rooms.some((name) => text.startsWith(`${name}/`)) ||
      /^[\w.-]+(\/[\w.-]+)*\.ts$/.test(text) ||
      /^[\w.-]+\/$/.test(text)
    );
  }
});
