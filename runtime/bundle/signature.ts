// The signature of a bundle: ed25519 over the digest of its manifest's bytes, which hold the hash of every other file.
// It is checked before a single field of the manifest is read.

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** A key that can't be used: what is wrong with it, and what to do. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export interface TrustedKey {
  /** Names the key in records and messages: the first 16 digits of its hash. */
  readonly id: string;
  readonly key: KeyObject;
}

export type SignatureCheck =
  | { readonly signedBy: string }
  | { readonly problem: 'untrusted-key' | 'bad-signature'; readonly message: string };

const form = 'ddl-signature-1';
const line = /^ddl-signature-1 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)\n?$/;

/** What is signed: no other kind of text begins like it. */
function message(manifest: Uint8Array): Buffer {
  return Buffer.from(`ddl-bundle-1 ${createHash('sha256').update(manifest).digest('hex')}\n`);
}

/** The text of the file `signature`; the same key and manifest give the same. */
export function signManifest(manifest: Uint8Array, privateKey: KeyObject): string {
  const id = keyId(createPublicKey(privateKey));
  return `${form} ${id} ${sign(null, message(manifest), privateKey).toString('base64')}\n`;
}

export function checkSignature(
  manifest: Uint8Array,
  signature: Uint8Array,
  trusted: readonly TrustedKey[],
): SignatureCheck {
  const match = signature.byteLength > 200 ? null : line.exec(Buffer.from(signature).toString('latin1'));
  if (match === null) {
    return { problem: 'bad-signature', message: 'the file `signature` is damaged: compile it again with `--key`' };
  }
  const [, id = '', value = ''] = match;
  const found = trusted.find((candidate) => candidate.id === id);
  if (found === undefined) {
    const known = trusted.map((candidate) => candidate.id).join(', ') || 'none';
    return {
      problem: 'untrusted-key',
      message: `it is signed with the key ${id}, which this engine does not trust (it trusts: ${known}): sign it with another key, or add this one to \`bundle.trustedKeys\``,
    };
  }
  if (!verify(null, message(manifest), found.key, Buffer.from(value, 'base64'))) {
    return {
      problem: 'bad-signature',
      message: `the signature of the key ${id} does not fit its manifest, which was changed afterwards: compile it again with \`--key\``,
    };
  }
  return { signedBy: id };
}

export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/** The id of a private key's public half. */
export function signerId(privateKey: KeyObject): string {
  return keyId(createPublicKey(privateKey));
}

/** ed25519 in DER: what stands before the 32 bytes of a public key (RFC 8410). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * A public key as PEM, or as base64 of its DER or of its 32 bytes.
 * @throws KeyError that never repeats what was given.
 */
export function readPublicKey(text: string): TrustedKey {
  if (text.includes('PRIVATE KEY'))
    throw new KeyError('this is a private key, which belongs to whoever signs: give the public one');
  let key: KeyObject;
  try {
    if (text.includes('-----BEGIN')) key = createPublicKey(text);
    else {
      const bytes = Buffer.from(text.trim(), 'base64');
      const der = bytes.length === 32 ? Buffer.concat([spkiHead, bytes]) : bytes;
      key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    }
  } catch {
    throw new KeyError('this is no public key: give PEM, or base64 as `ddlc key new` prints it');
  }
  refuseOtherKind(key);
  return { id: keyId(key), key };
}

/**
 * A private key in PEM, without a passphrase.
 * @throws KeyError
 */
export function readPrivateKey(text: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    const advice = text.includes('PUBLIC KEY') ? 'this is the public key: give the private one' : 'write one';
    throw new KeyError(`no private key in PEM without a passphrase: ${advice} (\`ddlc key new FILE\` makes one)`);
  }
  refuseOtherKind(key);
  return key;
}

function refuseOtherKind(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new KeyError(`this is a key of ${key.asymmetricKeyType ?? 'another kind'}: bundles are signed with ed25519`);
}
