// The ledger over TLS: a certificate is checked unless its url says otherwise, by its authority and by whose it is.

import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { unprivilegedUser } from '../services/postgres.ts';
import { type PostgresServer, startPostgres } from '../services/services.ts';
import { scratchFolder } from './fixtures.ts';

// Of 127.0.0.1, from 2020 to 2120, by itself; for this test alone.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBXzCCAQagAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtsZWRnZXIg
dGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIGA1UE
AwwLbGVkZ2VyIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS+uGKZZxUo
63P8Di/KFpzUg3Du0BQx8Ra0Tnb2EEdlfEtEZMv20CC3QOx8x0by7ew44PoP2im7
xIBF/fb+JpwUo0MwQTAPBgNVHREECDAGhwR/AAABMA8GA1UdEwEB/wQFMAMBAf8w
HQYDVR0OBBYEFB9jk+HdKdw8U3y/UViPpxyeswemMAoGCCqGSM49BAMCA0cAMEQC
IFj6RC1GKcqCHM0IjcEIWQ6B4wTxD0BN5pzlLeH55Wt9AiB5NidMeztbO8UK13VC
Prjf2LHu0Lxl0a7MmWNYH/IQfw==
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7fPYvXXP/olRniGa
Bs1uAmKNBDK2VY3ixFS/06LpUlOhRANCAAS+uGKZZxUo63P8Di/KFpzUg3Du0BQx
8Ra0Tnb2EEdlfEtEZMv20CC3QOx8x0by7ew44PoP2im7xIBF/fb+JpwU
-----END PRIVATE KEY-----
`;

const root = scratchFolder();
const authority = join(root, 'authority.pem');
let postgres: PostgresServer;

beforeAll(async () => {
  writeFileSync(authority, certificate);
  const own = join(root, 'server');
  mkdirSync(own);
  const [certificateFile, keyFile] = [join(own, 'server.pem'), join(own, 'server.key')];
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const user = unprivilegedUser();
  if (user !== null) for (const path of [root, own, certificateFile, keyFile]) chownSync(path, user.uid, user.gid);
  postgres = await startPostgres({ settings: { ssl: 'on', ssl_cert_file: certificateFile, ssl_key_file: keyFile } });
});
afterAll(async () => {
  await postgres.stop();
  rmSync(root, { recursive: true, force: true });
});

async function isEncrypted(change: (url: URL) => void): Promise<unknown> {
  const url = new URL(postgres.url);
  change(url);
  const database = await openPostgres({ url: url.href, timers: systemTimers, name: 'test' });
  try {
    const [row] = await database.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return row?.ssl;
  } finally {
    await database.close();
  }
}

it('is used when the url asks for it', async () => {
  expect(await isEncrypted(() => {})).toBe(false);
  expect(await isEncrypted((url) => (url.search = `sslmode=verify-full&sslrootcert=${authority}`))).toBe(true);
  expect(await isEncrypted((url) => (url.search = `sslmode=require&sslrootcert=${authority}`))).toBe(true);
  expect(await isEncrypted((url) => (url.search = 'sslmode=no-verify'))).toBe(true);
});

it('ends before a password is sent when the certificate is not to be trusted', async () => {
  const stranger = isEncrypted((url) => (url.search = 'sslmode=verify-full'));
  await expect(stranger).rejects.toThrow(/can't be reached \(self-signed certificate/);
  const another = isEncrypted((url) => {
    url.search = `sslmode=verify-full&sslrootcert=${authority}`;
    url.hostname = 'localhost';
  });
  await expect(another).rejects.toThrow(/can't be reached \(Hostname\/IP does not match certificate's altnames/);
});
