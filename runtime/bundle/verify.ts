// Whether a package is a bundle that may run: signature, hashes, form, contract, serial, in this order and always all of
// them. Nothing of it is evaluated here, and nothing of its manifest is read before its signature has been checked.

import { type BundleFiles, signatureFile, unpackBundle } from './bundle-files.ts';
import { BundleError } from './load.ts';
import { manifestFile } from './manifest.ts';
import { type Bundle, openBundle } from './read.ts';
import { checkSignature, type TrustedKey } from './signature.ts';

export interface VerifyRules {
  readonly trustedKeys: readonly TrustedKey[];
  /** As soon as a key is trusted it is required whatever this says. */
  readonly requireSignature: boolean;
  /** A lower serial is refused; `null`: none is. */
  readonly serialMin: number | null;
}

export interface VerifiedBundle extends Bundle {
  /** Id of the key; `null` where no signature was asked for. */
  readonly signedBy: string | null;
}

/** @throws BundleError that says what is wrong, where, what to do, and `fault`. */
export function verifyBundle(bytes: Uint8Array, rules: VerifyRules): VerifiedBundle {
  const files = unpackBundle(bytes);
  const signedBy = signerOf(files, rules);
  const bundle = openBundle(files);
  const { serial } = bundle.manifest;
  if (rules.serialMin !== null && serial < rules.serialMin) {
    throw new BundleError(
      `its serial ${serial} is lower than ${rules.serialMin}, which runs: compile it with a higher \`--serial\`, or order the downgrade (\`ddlc deploy --downgrade --why REASON\`, \`ddlc rollback\`)`,
      'older',
    );
  }
  return { ...bundle, signedBy };
}

function signerOf(files: BundleFiles, { trustedKeys, requireSignature }: VerifyRules): string | null {
  if (trustedKeys.length === 0 && !requireSignature) return null;
  const manifest = files.get(manifestFile);
  if (manifest === undefined) throw new BundleError(`the bundle has no ${manifestFile}; compile it again`);
  const signature = files.get(signatureFile);
  if (signature === undefined) {
    const advice =
      trustedKeys.length === 0
        ? 'and this engine trusts no key yet: make one with `ddlc key new`, name it in `bundle.trustedKeys`, and compile with `--key`'
        : 'compile it with `ddlc compile DIR --out BUNDLE --key PRIVATE_KEY`';
    throw new BundleError(`it is not signed: ${advice}`, 'unsigned');
  }
  const check = checkSignature(manifest, signature, trustedKeys);
  if ('problem' in check) throw new BundleError(check.message, check.problem);
  return check.signedBy;
}
