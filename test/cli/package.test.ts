// The published package: packed, unpacked into an empty project beside its dependencies, and used there.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createScratch, scratch, soundProject } from '../support/scratch.ts';

const root = join(import.meta.dirname, '../..');
const folder = createScratch();
const installed = join(folder, 'node_modules/ddl');

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const tarball = packed.trim().split('\n').at(-1) ?? '';
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
}, 120_000);

function installedDdlc(args: readonly string[], where: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(installed, 'dist/cli/main.js'), ...args], {
    cwd: where,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, note: stderr };
}

test('holds the build, the policies and the licence, and no sources or tests', () => {
  const names = readdirSync(installed);
  for (const name of ['LICENSE', 'dist', 'package.json']) expect(names).toContain(name);
  for (const name of ['cli', 'compiler', 'grammar', 'runtime', 'test', 'node_modules', 'ddlc'])
    expect(names).not.toContain(name);
});

test('every command that the package names is there and runs on the Node it asks for', () => {
  const { bin, engines } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(engines.node).toBe('>=22.15');
  expect(readFileSync(join(installed, bin.ddlc), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('ddlc works there: version, a new project, its check, its tests, its bundle', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const where = scratch();
  expect(installedDdlc(['--version'], where)).toEqual({ code: 0, out: `ddlc ${version}\n`, note: '' });
  expect(installedDdlc(['init', 'shop'], where).code).toBe(0);
  expect(installedDdlc(['check', 'shop'], where)).toMatchObject({ code: 0, out: '' });
  expect(installedDdlc(['test', 'shop'], where).code).toBe(0);
  expect(installedDdlc(['compile', 'shop', '--out', 'bundle'], where).code).toBe(0);
});

test('the build and the sources compile to the same bytes', () => {
  const where = scratch(soundProject);
  expect(installedDdlc(['compile', 'shop', '--out', 'built'], where).code).toBe(0);
  const main = join(root, 'cli/main.ts');
  execFileSync(process.execPath, [main, 'compile', 'shop', '--out', 'source'], { cwd: where, stdio: 'ignore' });
  for (const name of readdirSync(join(where, 'source'))) {
    expect(readFileSync(join(where, 'built', name), 'utf8')).toBe(readFileSync(join(where, 'source', name), 'utf8'));
  }
});

test('a mistake is told there as in a clone', () => {
  const where = scratch({ 'a.ddl': 'policy {' });
  const { code, out } = installedDdlc(['check', 'a.ddl'], where);
  expect(code).toBe(1);
  expect(out).toMatch(/^error\[DDL1\d{3}\]/);
});

test('what it compiles is strict TypeScript against the contract that it publishes', () => {
  expect(installedDdlc(['init', 'shop'], folder).code).toBe(0);
  expect(installedDdlc(['compile', 'shop', '--out', 'bundle'], folder).code).toBe(0);
  const sources = readdirSync(join(folder, 'bundle')).filter((name) => name.endsWith('.ts'));
  expect(sources.length).toBeGreaterThan(1);
  const options = [
    '--ignoreConfig',
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    '',
  ];
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options, ...sources],
    { cwd: join(folder, 'bundle'), encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('a service sends its telemetry with `ddl/emitter`, in strict TypeScript', () => {
  const program = `import { createEmitter, type Emitter, type EmitterCounts } from 'ddl/emitter';
const emitter: Emitter = createEmitter({
  service: 'shop',
  target: { kind: 'custom', transport: { send: async (events) => console.log(JSON.stringify(events)) } },
});
emitter.emit({ latency: 812, up: true }, { region: 'eu-west-1' });
// @ts-expect-error: a metric is a number
emitter.emit({ latency: 'slow' });
const counts: EmitterCounts = await emitter.close();
console.log(counts.sent, counts.invalid);
`;
  writeFileSync(join(folder, 'service.mts'), program);
  const options = ['--ignoreConfig', '--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const checked = spawnSync(process.execPath, [tsc, ...options, ...types, 'service.mts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(checked.stdout).toBe('');
  const ran = spawnSync(process.execPath, ['service.mts'], { cwd: folder, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  const [events = '', counts] = ran.stdout.trim().split('\n');
  expect(JSON.parse(events)).toMatchObject([
    { metrics: { latency: 812, up: 1 }, tags: { 'service.name': 'shop', region: 'eu-west-1' } },
  ]);
  expect(counts).toBe('1 1');
});
