// Secrets that can't be guessed: keys that sign bundles, tokens of the HTTP API. The only file that makes them.

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

export function newSigningKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ed25519');
}

/** 256 bits; the prefix lets scanners of repositories find one that was committed. */
export function newToken(): string {
  return `ddl_${randomBytes(32).toString('base64url')}`;
}

/** 128 bits in hexadecimal, for names that no two machines may make alike. */
export function newName(): string {
  return randomBytes(16).toString('hex');
}
