// The files of a bundle as texts. The same source, compiler and serial give the same bytes.

import { createHash } from 'node:crypto';
import type { EmittedProgram } from '../compiler/6-emit/emit.ts';
import { type Manifest, manifestFile, manifestFormat, sourcesFile } from '../runtime/bundle/manifest.ts';
import { type BundleSource, sourceHash } from '../runtime/bundle/read.ts';

export interface BundleIdentity {
  /** `ddlc 0.1.0` */
  readonly compiler: string;
  readonly serial: number;
}

/** Texts by file name, the manifest last. */
export function bundleTexts(
  program: EmittedProgram,
  sources: readonly BundleSource[],
  identity: BundleIdentity,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, ts, js, map } of program.modules) {
    texts.set(`${name}.ts`, ts);
    texts.set(`${name}.js`, `${js}//# sourceMappingURL=${name}.js.map\n`);
    texts.set(`${name}.js.map`, `${map}\n`);
  }
  const files = sources.map(({ file, text }) => ({ file, text }));
  texts.set(sourcesFile, `${JSON.stringify({ files }, null, 1)}\n`);
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

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
