// What the gate lets through and what it refuses, and why: each way in which a bundle can be wrong, one by one.

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packageBytesMax, packBundle, unpackBundle } from '../../runtime/bundle/bundle-files.ts';
import type { BundleGate, BundleOrigin, GateVerdict } from '../../runtime/bundle/bundle-gate.ts';
import { BundleError } from '../../runtime/bundle/load.ts';
import { verifyBundle } from '../../runtime/bundle/verify.ts';
import { type BundleChoice, bundleOf, gateFor, newSigner, packed, withCode } from './bundle-fixtures.ts';

const signer = newSigner();
const gate = gateFor([signer]);

/** `ok` or `fault: message`. */
function told(verdict: GateVerdict): string {
  return verdict.passed ? 'ok' : `${verdict.fault}: ${verdict.message}`;
}

/** What the gate says; what is refused by reading alone is asked of the reader, which takes no thread. */
async function asked(bytes: Uint8Array, serialMin: number | null = null): Promise<string> {
  try {
    verifyBundle(bytes, { trustedKeys: [signer.trusted], requireSignature: false, serialMin });
  } catch (error) {
    if (error instanceof BundleError) return `${error.fault}: ${error.message}`;
    throw error;
  }
  return told(await gate.verify(bytes, 'upload', serialMin));
}

const signed = (choice: BundleChoice): Buffer => packed({ signer, ...choice });

test('a sound bundle passes, is tried out and can be run', async () => {
  const verdict = await gate.verify(packed({ signer, serial: 3 }), 'upload', 3);
  if (!verdict.passed) throw new Error(verdict.message);
  expect(verdict.bundle.signedBy).toBe(signer.trusted.id);
  expect(verdict.bundle.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(verdict.smoke.events).toBe(240);
  expect(verdict.smoke.decisions).toBeGreaterThan(0);
  expect(verdict.evaluator.code.policies).toHaveLength(1);
});

test.each<[string, BundleChoice, RegExp]>([
  [
    'unsigned',
    { signer: undefined },
    /^unsigned: it is not signed: compile it with `ddlc compile DIR --out BUNDLE --key/,
  ],
  [
    'signed by a stranger',
    { signer: newSigner() },
    /^untrusted-key: it is signed with the key [0-9a-f]{16}, which this engine/,
  ],
  ['of another contract', { manifest: (manifest) => manifest.contract++ }, /^contract: .*ddlc of this version/],
  ['in another form', { manifest: (manifest) => Object.assign(manifest, { format: 99 }) }, /^contract: .*format 99/],
  [
    'with a hole in its manifest',
    { manifest: (manifest) => Object.assign(manifest, { modules: 7 }) },
    /^damaged: .*at modules/,
  ],
  [
    'that throws at load',
    { spoil: withCode('throw new Error("no")') },
    /^does-not-load: policies-000\.js does not load: no/,
  ],
  ['that is no JavaScript', { spoil: withCode('}{') }, /^does-not-load: policies-000\.js does not load: /],
  [
    'that throws at its first row',
    {
      spoil: (texts) => {
        const code = texts.get('policies-000.js') ?? '';
        texts.set('policies-000.js', code.replace(/(slow\(batch[^{]*\{)/, '$1 throw new TypeError("at run");'));
      },
    },
    /^throws: policy `slow` fails on made-up events: TypeError: at run/,
  ],
  ['that ends the process', { spoil: withCode('process.exit(0)') }, /^throws: it ends the thread that tries it out/],
  [
    'whose sources are others',
    { spoil: (texts) => texts.set('sources.json', '{"files": []}') },
    /^damaged: sources\.json holds other sources/,
  ],
])('a bundle %s is refused', async (_, choice, message) => {
  expect(await asked(signed(choice))).toMatch(message);
});

test('code that never ends is ended', async () => {
  const impatient = gateFor([signer], { timeoutMs: 1500 });
  const verdict = await impatient.verify(packed({ signer, spoil: withCode('for (;;) {}') }), 'upload', null);
  expect(told(verdict)).toBe('throws: it does not end within 1.5 s on made-up events');
});

test('an older serial is refused, the same one and a newer one are not', async () => {
  expect(await asked(signed({ serial: 4 }), 5)).toMatch(/^older: its serial 4 is lower than 5, which runs: /);
  expect(await asked(signed({ serial: 5 }), 5)).toBe('ok');
  expect(await asked(signed({ serial: 4 }), null)).toBe('ok');
});

test('what is changed after signing is refused, and nothing of it is evaluated', async () => {
  const texts = bundleOf({ signer });
  for (const name of ['policies-000.js', 'feeds.js', 'policies-000.js.map', 'sources.json', 'manifest.json']) {
    const changed = new Map(texts).set(name, `${texts.get(name)} `);
    expect(await asked(packBundle(changed)), name).toMatch(
      name === 'manifest.json' ? /^bad-signature: / : /^damaged: .* is not what was compiled/,
    );
  }
  const missing = new Map(texts);
  missing.delete('feeds.js');
  expect(await asked(packBundle(missing))).toMatch(/^damaged: feeds\.js is missing/);
  const added = new Map(texts).set('extra.js', '');
  expect(await asked(packBundle(added))).toMatch(/^damaged: extra\.js is no part of the bundle/);
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), /^damaged: the package is cut off/],
  ['empty', () => Buffer.alloc(0), /^damaged: the package is cut off/],
  ['no gzip', () => Buffer.from('{"format": 1}'), /^damaged: the package is not gzip/],
  ['no JSON', () => gzipSync('<bundle/>'), /^damaged: the package holds no JSON/],
  ['no package', () => gzipSync('{"format": 1, "files": {}}'), /^damaged: the package is damaged at files/],
  ['too large', () => Buffer.alloc(packageBytesMax + 1), /^damaged: the package is larger than 32 MiB/],
  [
    'one that unpacks to gigabytes',
    () => gzipSync(Buffer.alloc(200 << 20)),
    /^damaged: the bundle is larger than 128 MiB/,
  ],
])('a package that is %s is refused', async (_, damage, message) => {
  expect(await asked(damage(packed({ signer })))).toMatch(message);
});

test.each([
  '../evil.js',
  '/etc/passwd',
  'a/b.js',
  '..',
  'A.js',
  'a.mjs',
  'a.js\0',
  '',
  '__proto__',
  'con.js.exe',
  'a..js',
])('the name %j leads nowhere', (name) => {
  const bytes = gzipSync(JSON.stringify({ format: 1, files: [{ name, text: '' }] }));
  expect(() => unpackBundle(bytes)).toThrow(/no name of a bundle's file/);
});

test('a name that comes twice is refused', () => {
  const files = [
    { name: 'a.js', text: '1' },
    { name: 'a.js', text: '2' },
  ];
  expect(() => unpackBundle(gzipSync(JSON.stringify({ format: 1, files })))).toThrow('holds a.js twice');
});

test('a text that has no bytes of its own is not run as what it was hashed as', async () => {
  const texts = bundleOf({ signer, spoil: (own) => own.set('feeds.ts', '// \ufffd\n') });
  const files = [...texts].map(([name, text]) => ({ name, text: name === 'feeds.ts' ? '// \ud800\n' : text }));
  const verdict = await gate.verify(gzipSync(JSON.stringify({ format: 1, files })), 'upload', null);
  // The bytes are the same, so it may pass: what is kept is what was hashed.
  expect(verdict.passed && unpackBundle(packBundle(texts)).get('feeds.ts')?.toString()).toBe('// \ufffd\n');
});

test('several keys are trusted, one of them suffices', async () => {
  const other = newSigner();
  const both = gateFor([signer, other]);
  expect(told(await both.verify(packed({ signer }), 'upload', null))).toBe('ok');
  expect(told(await both.verify(packed({ signer: other }), 'upload', null))).toBe('ok');
});

test.each<[string, BundleGate, Readonly<Record<BundleOrigin, boolean>>]>([
  ['no key', gateFor([]), { folder: false, store: false, upload: true }],
  ['no key, a shared store', gateFor([], { sharedStore: true }), { folder: false, store: true, upload: true }],
  ['no key, told to', gateFor([], { requireSignature: true }), { folder: true, store: true, upload: true }],
  ['a key', gate, { folder: true, store: true, upload: true }],
])('with %s signatures are required', async (_, asking, required) => {
  for (const [origin, needed] of Object.entries(required))
    expect(asking.needsSignature(origin as BundleOrigin), origin).toBe(needed);
  expect(told(await asking.verify(packed(), 'upload', null))).toMatch(/^unsigned: /);
});

test('without a key a bundle of one’s own folder needs no signature', async () => {
  expect(told(await gateFor([]).verify(packed(), 'folder', null))).toBe('ok');
});
