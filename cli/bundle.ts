// The files of a bundle as texts. The same source, compiler and serial give the same bytes.

import { createHash } from 'node:crypto';
import type { EmittedProgram } from '../compiler/6-emit/emit.ts';
import { type Manifest, manifestFile, manifestFormat } from '../runtime/bundle/manifest.ts';

export interface BundleIdentity {
  /** `ddlc 0.1.0` */
  readonly compiler: string;
  readonly serial: number;
}

/** Texts by file name, the manifest last. */
export function bundleTexts(
  program: EmittedProgram,
  sources: readonly { readonly file: string; readonly text: string }[],
  identity: BundleIdentity,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, ts, js, map } of program.modules) {
    texts.set(`${name}.ts`, ts);
    texts.set(`${name}.js`, `${js}//# sourceMappingURL=${name}.js.map\n`);
    texts.set(`${name}.js.map`, `${map}\n`);
  }
  const manifest: Manifest = {
    format: manifestFormat,
    compiler: identity.compiler,
    contract: program.meta.contract,
    serial: identity.serial,
    sourceHash: sourceHash(sources),
    files: [...texts.keys()].sort().map((name) => ({ name, sha256: sha256(texts.get(name) ?? '') })),
    modules: program.modules.map((module) => module.name),
    lookBackMs: program.meta.schemas.map(({ name, lookBackMs }) => ({ schema: name, lookBackMs })),
    // The contract's data is read-only and the form's is not; it is only written here.
    program: program.meta as Manifest['program'],
  };
  texts.set(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  return texts;
}

function sourceHash(sources: readonly { readonly file: string; readonly text: string }[]): string {
  // As JSON, so that no two programs run together to the same bytes.
  return sha256(JSON.stringify(sources.map(({ file, text }) => [file, text])));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
