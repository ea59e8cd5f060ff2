// Generated JavaScript to functions. `vm.compileFunction` lets go of an old version when nothing calls it any more,
// which `import()` never does, and keeps `.ddl` lines in stack traces under `--enable-source-maps`.

import { compileFunction } from 'node:vm';
import { contractVersion, type FeedCode, type PolicyCode, type ProgramCode, type ProgramMeta } from '../contract.ts';

export interface ModuleSource {
  /** File name, for stack traces. */
  readonly file: string;
  readonly js: string;
}

/**
 * Why a bundle is not run. `damaged`: not what was compiled; `older`: its serial is lower than the running one's;
 * `does-not-load`: its modules throw or don't fit; `throws`: they fail on made-up events, or don't end.
 */
export const bundleFaults = [
  'damaged',
  'unsigned',
  'untrusted-key',
  'bad-signature',
  'contract',
  'older',
  'does-not-load',
  'throws',
] as const;
export type BundleFault = (typeof bundleFaults)[number];

/** A bundle or module that can't be run by this engine: what is wrong, where, what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly fault: BundleFault;

  constructor(message: string, fault: BundleFault = 'damaged') {
    super(message);
    this.fault = fault;
  }
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
  refuseOtherContract(meta);
  return joined(meta, modules.map(loadModule));
}

/**
 * The same for an engine at work: `pause` is waited for after each module, so that events are judged in between.
 * @throws BundleError like `loadProgram`.
 */
export async function loadProgramInSteps(
  meta: ProgramMeta,
  modules: readonly ModuleSource[],
  pause: () => Promise<void>,
): Promise<ProgramCode> {
  refuseOtherContract(meta);
  const loaded: Exports[] = [];
  for (const module of modules) {
    loaded.push(loadModule(module));
    await pause();
  }
  return joined(meta, loaded);
}

function refuseOtherContract(meta: ProgramMeta): void {
  if (meta.contract === contractVersion) return;
  throw new BundleError(
    `the bundle was compiled for contract ${meta.contract}, this engine runs contract ${contractVersion}: compile it again with this version of ddlc`,
    'contract',
  );
}

function joined(meta: ProgramMeta, loaded: readonly Exports[]): ProgramCode {
  const policies = loaded.flatMap((exports) => exports.policies ?? []);
  const feeds = loaded.flatMap((exports) => exports.feeds ?? []);
  if (policies.length !== meta.policies.length || feeds.length !== meta.schemas.length) {
    throw new BundleError(
      `the bundle's manifest lists ${meta.policies.length} policies on ${meta.schemas.length} schemas, its modules hold ${policies.length} on ${feeds.length}: compile it again`,
      'does-not-load',
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
    const said = error instanceof Error ? error.message : String(error);
    throw new BundleError(`${file} does not load: ${said}`, 'does-not-load');
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
