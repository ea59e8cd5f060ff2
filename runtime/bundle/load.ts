// Generated JavaScript to functions. `vm.compileFunction` lets go of an old version when nothing calls it any more,
// which `import()` never does, and keeps `.ddl` lines in stack traces under `--enable-source-maps`.

import { compileFunction } from 'node:vm';
import { contractVersion, type FeedCode, type PolicyCode, type ProgramCode, type ProgramMeta } from '../contract.ts';

export interface ModuleSource {
  /** File name, for stack traces. */
  readonly file: string;
  readonly js: string;
}

/** A bundle or module that can't be run by this engine: what is wrong, where, what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

interface Exports {
  readonly policies?: readonly PolicyCode[];
  readonly feeds?: readonly (readonly FeedCode[])[];
}

/**
 * Loads the modules of a program, in order.
 * @throws BundleError when the contract differs, a module does not load, or the modules do not fit the program.
 */
export function loadProgram(meta: ProgramMeta, modules: readonly ModuleSource[]): ProgramCode {
  if (meta.contract !== contractVersion) {
    throw new BundleError(
      `the bundle was compiled for contract ${meta.contract}, this engine runs contract ${contractVersion}: compile it again with this version of ddlc`,
    );
  }
  const loaded = modules.map(loadModule);
  const policies = loaded.flatMap((exports) => exports.policies ?? []);
  const feeds = loaded.flatMap((exports) => exports.feeds ?? []);
  if (policies.length !== meta.policies.length || feeds.length !== meta.schemas.length) {
    throw new BundleError(
      `the bundle's manifest lists ${meta.policies.length} policies on ${meta.schemas.length} schemas, its modules hold ${policies.length} on ${feeds.length}: compile it again`,
    );
  }
  return { policies, feeds };
}

function loadModule({ file, js }: ModuleSource): Exports {
  const exports: Exports = {};
  tellSourceMap(file, js);
  try {
    compileFunction(js, ['exports'], { filename: file })(exports);
  } catch (error) {
    throw new BundleError(`${file} does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
  return exports;
}

/**
 * Under `--enable-source-maps` Node learns of the maps of modules and of code made by `Function`, but not of
 * `compileFunction`'s: an empty function of the same file name brings the map of the module's last line.
 */
function tellSourceMap(file: string, js: string): void {
  const mark = '\n//# sourceMappingURL=';
  const at = js.lastIndexOf(mark);
  if (at < 0 || !process.sourceMapsEnabled) return;
  const url = js.slice(at + mark.length).trim();
  // Nothing that could end the comments it is put in.
  if (!/^\S+$/.test(file) || !/^[\w./:;,+=-]+$/.test(url)) return;
  new Function(`//# sourceURL=${file}${mark}${url}`);
}
