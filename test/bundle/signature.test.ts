// Keys and signatures: what is accepted as a key, what fits, that openssl agrees, that a bundle is the same wherever it is
// compiled and signed.

import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrivateKey, readPublicKey } from '../../runtime/bundle/signature.ts';
import { tokenHash } from '../../runtime/control/tokens.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch, soundProject } from '../support/scratch.ts';

test('a key is made, signs, and gives the same bytes in another folder', () => {
  const folder = scratch(soundProject);
  const made = runDdlc(['key', 'new', 'release'], { folder });
  expect({ code: made.code, out: made.out }).toEqual({ code: 0, out: 'release\nrelease.pub\n' });
  expect(statSync(join(folder, 'release')).mode & 0o777).toBe(0o600);
  const [, id = ''] = /the key ([0-9a-f]{16})\./.exec(made.note) ?? [];
  const [, base64 = ''] = /"trustedKeys": \["([^"]+)"\]/.exec(made.note) ?? [];
  expect(readPublicKey(base64).id).toBe(id);
  expect(readPublicKey(readFileSync(join(folder, 'release.pub'), 'utf8')).id).toBe(id);

  const first = runDdlc(['compile', 'shop', '--out', 'bundle', '--key', 'release', '--serial', '4'], { folder });
  expect(first).toMatchObject({ code: 0, note: `1 policy compiled to bundle, signed with the key ${id}\n` });
  expect(first.out).toContain('bundle/signature\n');
  const elsewhere = scratch({
    ...Object.fromEntries(Object.entries(soundProject).map(([path, text]) => [`deep/er/${path}`, text])),
    'deep/key': readFileSync(join(folder, 'release')),
  });
  runDdlc(['compile', '.', '--out', '../../out', '--key', '../../key', '--serial', '4'], {
    folder: join(elsewhere, 'deep/er/shop'),
  });
  const texts = (path: string): Record<string, string> =>
    Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]));
  expect(texts(join(elsewhere, 'deep/out'))).toEqual(texts(join(folder, 'bundle')));

  // As the README says, without ddlc.
  const manifest = readFileSync(join(folder, 'bundle/manifest.json'));
  const [, , signature = ''] = readFileSync(join(folder, 'bundle/signature'), 'utf8').trim().split(' ');
  const digest = createHash('sha256').update(manifest).digest('hex');
  writeFileSync(join(folder, 'message'), `ddl-bundle-1 ${digest}\n`);
  writeFileSync(join(folder, 'signature.bin'), Buffer.from(signature, 'base64'));
  const verified = execFileSync(
    'openssl',
    ['pkeyutl', '-verify', '-pubin', '-inkey', 'release.pub', '-rawin', '-in', 'message', '-sigfile', 'signature.bin'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(verified).toContain('Signature Verified Successfully');
});

test('no key is replaced, and what is no key is told', () => {
  const folder = scratch({ ...soundProject, release: 'mine', 'text.pem': 'no key' });
  expect(runDdlc(['key', 'new', 'release'], { folder })).toMatchObject({
    code: 2,
    note: 'error: release is there already, and nothing was written; choose another name\n',
  });
  expect(readFileSync(join(folder, 'release'), 'utf8')).toBe('mine');
  const compiled = runDdlc(['compile', 'shop', '--out', 'bundle', '--key', 'text.pem'], { folder });
  expect(compiled.code).toBe(2);
  expect(compiled.note).toMatch(/^error: text\.pem: no private key in PEM/);
  expect(runDdlc(['compile', 'shop', '--out', 'bundle', '--key', 'none'], { folder }).note).toMatch(/can't read none/);
  expect(readdirSync(folder)).not.toContain('bundle');
});

test('a token is shown once, its hash is for the configuration', () => {
  const { code, out, note } = runDdlc(['key', 'token', 'ci', '--role', 'viewer,deployer']);
  expect(code).toBe(0);
  expect(out).toMatch(/^ddl_[\w-]{43}\n$/);
  const [, entry = ''] = /"tokens": \[(.*)\]/.exec(note) ?? [];
  expect(JSON.parse(entry)).toEqual({ name: 'ci', roles: ['viewer', 'deployer'], sha256: tokenHash(out.trim()) });
  expect(runDdlc(['key', 'token', 'ci', '--role', 'root']).note).toContain('There is no role "root".');
  expect(runDdlc(['key', 'token', 'c i', '--role', 'viewer']).code).toBe(2);
});

test('keys of every form, and what is none', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const { id } = readPublicKey(pem);
  expect(readPublicKey(der.toString('base64')).id).toBe(id);
  expect(readPublicKey(der.subarray(-32).toString('base64')).id).toBe(id);
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => readPublicKey(privatePem)).toThrow('this is a private key');
  expect(() => readPublicKey('hello')).toThrow('this is no public key');
  expect(() => readPrivateKey(pem)).toThrow('this is the public key');
  const other = generateKeyPairSync('x25519');
  expect(() => readPublicKey(other.publicKey.export({ type: 'spki', format: 'pem' }).toString())).toThrow(
    'key of x25519',
  );
  expect(() => readPrivateKey(other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow('x25519');
});
