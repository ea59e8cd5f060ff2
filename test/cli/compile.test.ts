// `ddlc compile` and the reader of what it writes: the same bytes each time, everything verified.

import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadProgram } from '../../runtime/bundle/load.ts';
import { readBundle } from '../../runtime/bundle/read.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch, soundProject } from '../support/scratch.ts';

function compiled(): { readonly folder: string; readonly bundle: string } {
  const folder = scratch(soundProject);
  expect(runDdlc(['compile', 'shop', '--out', 'bundle'], { folder }).code).toBe(0);
  return { folder, bundle: join(folder, 'bundle') };
}

function texts(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('writes manifest, modules and maps, and prints their paths', () => {
  const folder = scratch(soundProject);
  expect(runDdlc(['compile', 'shop', '--out', 'out/bundle'], { folder })).toEqual({
    code: 0,
    out: [
      'feeds.ts',
      'feeds.js',
      'feeds.js.map',
      'policies-000.ts',
      'policies-000.js',
      'policies-000.js.map',
      'sources.json',
      'manifest.json',
    ]
      .map((name) => `out/bundle/${name}\n`)
      .join(''),
    note: '1 policy compiled to out/bundle\n',
  });
  expect(readdirSync(join(folder, 'out'))).toEqual(['bundle']);
});

test('the same source gives the same bytes, wherever it stands and whoever asks', () => {
  const { folder, bundle } = compiled();
  const other = scratch(
    Object.fromEntries(Object.entries(soundProject).map(([path, text]) => [`deep/er/${path}`, text])),
  );
  expect(runDdlc(['compile', '.', '--out', '../out'], { folder: join(other, 'deep/er/shop') }).code).toBe(0);
  expect(texts(join(other, 'deep/er/out'))).toEqual(texts(bundle));
  expect(runDdlc(['compile', 'shop', '--out', 'bundle'], { folder }).code).toBe(0);
  expect(texts(join(other, 'deep/er/out'))).toEqual(texts(bundle));
});

test('what was compiled can be loaded', async () => {
  const { bundle } = compiled();
  const { manifest, meta, modules } = await readBundle(bundle);
  expect(manifest.serial).toBe(1);
  expect(manifest.compiler).toMatch(/^ddlc \d/);
  expect(manifest.lookBackMs).toEqual([{ schema: 'service', lookBackMs: 300_000 }]);
  expect(meta.policies.map((policy) => policy.source)).toEqual(['policies/slow.ddl:1']);
  expect(loadProgram(meta, modules).policies).toHaveLength(1);
});

test('errors are told and nothing is written', () => {
  const folder = scratch({
    'shop/schema.ddl': schemaText,
    'shop/slow.ddl': policyText.replace('latency >', 'latncy >'),
  });
  const { code, out, note } = runDdlc(['compile', 'shop', '--out', 'bundle'], { folder });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(note).toContain('error[DDL2002]');
  expect(readdirSync(folder)).toEqual(['shop']);
});

test('a folder that is no bundle is never replaced', () => {
  const folder = scratch({ ...soundProject, 'work/thesis.txt': 'years of work' });
  expect(runDdlc(['compile', 'shop', '--out', 'work'], { folder })).toEqual({
    code: 2,
    out: '',
    note: 'error: work is a folder with other files and no bundle; choose another one or remove it first\n',
  });
  expect(runDdlc(['compile', 'shop', '--out', 'shop'], { folder }).code).toBe(2);
  expect(runDdlc(['compile', 'shop', '--out', '.'], { folder }).code).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(['shop', 'work']);
});

test('a bundle that was touched is refused', async () => {
  const { bundle } = compiled();
  appendFileSync(join(bundle, 'policies-000.js'), '\n');
  await expect(readBundle(bundle)).rejects.toThrow(/policies-000\.js is not what was compiled: its hash differs/);
  rmSync(join(bundle, 'policies-000.js'));
  await expect(readBundle(bundle)).rejects.toThrow(/policies-000\.js is missing from the bundle/);
});

/** Changes to a manifest, and what is said of each. */
const damages: readonly (readonly [string, (manifest: Record<string, unknown>) => unknown, RegExp])[] = [
  [
    'another contract',
    (manifest) => ({ ...manifest, contract: 99 }),
    /was compiled for contract 99, this engine runs contract 2/,
  ],
  ['another format', (manifest) => ({ ...manifest, format: 2 }), /has format 2, this engine reads format 1/],
  ['a missing field', ({ serial: _, ...manifest }) => manifest, /damaged at serial/],
  ['a field too many', (manifest) => ({ ...manifest, extra: 1 }), /damaged at its top/],
  [
    'a file outside',
    (manifest) => ({ ...manifest, files: [{ name: '../a.js', sha256: '0'.repeat(64) }] }),
    /damaged at files\.0\.name/,
  ],
  [
    'a module without files',
    (manifest) => ({ ...manifest, modules: ['ghost'] }),
    /lists the module ghost but not its files/,
  ],
  ['no object', () => [], /damaged/],
  [
    'a policy on no schema',
    (manifest) => ({ ...manifest, program: { ...(manifest.program as object), schemas: [] } }),
    /damaged at program\.policies\.0\.schema: names a schema that is not there/,
  ],
  [
    'a pattern of no tag',
    withTag({ pattern: { tag: 90, glob: 'eu-*' } }),
    /damaged at program\.schemas\.0\.tags\.\d+: asks a pattern of a tag that is not there/,
  ],
  [
    'a tag behind a pattern',
    withTag({ pattern: { tag: -1, glob: 'eu-*' } }, {}),
    /damaged at program\.schemas\.0\.tags\.\d+: asks a pattern of a tag that is not there/,
  ],
];

/** The manifest with more tags in its first schema. */
function withTag(...parts: readonly object[]): (manifest: Record<string, unknown>) => unknown {
  return (manifest) => {
    const program = structuredClone(manifest.program) as { schemas: { tags: object[] }[] };
    for (const part of parts)
      program.schemas[0]?.tags.push({ name: 'extra', from: 'extra', values: null, literals: ['yes', 'no'], ...part });
    return { ...manifest, program };
  };
}

test.each(damages)('a manifest with %s is refused', async (_, damage, message) => {
  const { bundle } = compiled();
  const path = join(bundle, 'manifest.json');
  writeFileSync(path, JSON.stringify(damage(JSON.parse(readFileSync(path, 'utf8')))));
  await expect(readBundle(bundle)).rejects.toThrow(message);
});

test('no bundle at all, or half a manifest', async () => {
  const folder = scratch({ 'half/manifest.json': '{"format": 1,' });
  await expect(readBundle(join(folder, 'nowhere'))).rejects.toThrow(/is no bundle: it has no manifest\.json/);
  await expect(readBundle(join(folder, 'half'))).rejects.toThrow(/is not JSON/);
});

test('the serial is what was asked for', () => {
  const folder = scratch(soundProject);
  runDdlc(['compile', 'shop', '--out', 'bundle', '--serial', '7'], { folder });
  expect(JSON.parse(readFileSync(join(folder, 'bundle/manifest.json'), 'utf8')).serial).toBe(7);
});
