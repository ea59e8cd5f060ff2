// Bundles for tests, compiled in the process: signed or not, as packages, with files changed behind the signature's back.

import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { bundleTexts } from '../../cli/bundle.ts';
import { compile } from '../../compiler/compile.ts';
import { packBundle, signatureFile } from '../../runtime/bundle/bundle-files.ts';
import { BundleGate, type BundleGateOptions } from '../../runtime/bundle/bundle-gate.ts';
import { type Manifest, manifestFile } from '../../runtime/bundle/manifest.ts';
import type { BundleSource } from '../../runtime/bundle/read.ts';
import { readPublicKey, signManifest, type TrustedKey } from '../../runtime/bundle/signature.ts';
import { newSigningKey } from '../../runtime/ports/secrets.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { policyText, schemaText } from '../support/scratch.ts';

export interface Signer {
  readonly privateKey: KeyObject;
  readonly trusted: TrustedKey;
  readonly publicPem: string;
}

export function newSigner(): Signer {
  const { privateKey, publicKey } = newSigningKey();
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    trusted: readPublicKey(publicPem),
    publicPem,
  };
}

export interface BundleChoice {
  readonly serial?: number;
  /** Another threshold is another bundle. */
  readonly thresholdMs?: number;
  /** Instead of a schema and a policy with that threshold. */
  readonly sources?: readonly BundleSource[];
  readonly signer?: Signer;
  /** Changes texts before the manifest's hashes are made: what a compiler with a fault would sign. */
  readonly spoil?: (texts: Map<string, string>) => void;
  readonly manifest?: (manifest: Manifest) => void;
}

/** Texts by name. */
export function bundleOf(choice: BundleChoice = {}): Map<string, string> {
  const { serial = 1, thresholdMs = 500, signer, spoil, manifest } = choice;
  const sources = choice.sources ?? [
    { file: 'schema.ddl', text: schemaText },
    { file: 'slow.ddl', text: policyText.replace('500ms', `${thresholdMs}ms`) },
  ];
  const { program } = compile(sources);
  if (program === null) throw new Error('the program does not compile');
  const texts = new Map(bundleTexts(program, sources, { compiler: 'ddlc test', serial }));
  spoil?.(texts);
  const parsed = JSON.parse(texts.get(manifestFile) ?? '') as Manifest;
  parsed.files = parsed.files.map(({ name }) => ({
    name,
    sha256: createHash('sha256')
      .update(texts.get(name) ?? '')
      .digest('hex'),
  }));
  manifest?.(parsed);
  texts.set(manifestFile, `${JSON.stringify(parsed, null, 2)}\n`);
  if (signer !== undefined)
    texts.set(signatureFile, signManifest(Buffer.from(texts.get(manifestFile) ?? ''), signer.privateKey));
  return texts;
}

export function packed(choice: BundleChoice = {}): Buffer {
  return packBundle(bundleOf(choice));
}

/** Puts `code` at the beginning of the module of policies. */
export function withCode(code: string): (texts: Map<string, string>) => void {
  return (texts) => texts.set('policies-000.js', `${code}\n${texts.get('policies-000.js')}`);
}

export function gateFor(signers: readonly Signer[], options: Partial<BundleGateOptions> = {}): BundleGate {
  return new BundleGate({
    trustedKeys: signers.map(({ trusted }) => trusted),
    requireSignature: false,
    sharedStore: false,
    timers: systemTimers,
    ...options,
  });
}
