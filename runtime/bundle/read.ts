// A bundle folder to something that can be loaded. Everything is verified always: the manifest's form, the contract, and
// the hash of every file; nothing of a bundle that fails is used.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contractVersion, type ProgramMeta } from '../contract.ts';
import { BundleError, type ModuleSource } from './load.ts';
import { type Manifest, manifestFile, manifestFormat, manifestSchema } from './manifest.ts';

export interface Bundle {
  readonly manifest: Manifest;
  readonly meta: ProgramMeta;
  /** For `loadProgram`; with their source maps. */
  readonly modules: readonly ModuleSource[];
}

const again = 'compile it again with `ddlc compile`';

/**
 * Reads and verifies the bundle in `folder`.
 * @throws BundleError that says what is wrong, where, and what to do.
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const manifest = parseManifest(folder, await readText(folder, manifestFile));
  const texts = new Map<string, string>();
  for (const { name, sha256 } of manifest.files) {
    const text = await readText(folder, name);
    if (createHash('sha256').update(text).digest('hex') !== sha256) {
      throw new BundleError(
        `${join(folder, name)} is not what was compiled: its hash differs from the manifest's; ${again}`,
      );
    }
    texts.set(name, text);
  }
  const modules = manifest.modules.map((name) => moduleOf(folder, name, texts));
  return { manifest, meta: manifest.program, modules };
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      if (name !== manifestFile) throw new BundleError(`${join(folder, name)} is missing from the bundle; ${again}`);
      throw new BundleError(
        `${folder} is no bundle: it has no ${manifestFile}; \`ddlc compile DIR --out ${folder}\` writes one`,
      );
    }
    throw new BundleError(`can't read ${join(folder, name)}: ${code ?? String(error)}`);
  }
}

function parseManifest(folder: string, text: string): Manifest {
  const path = join(folder, manifestFile);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BundleError(`${path} is not JSON (${(error as Error).message}); ${again}`);
  }
  refuseOtherVersion(path, value);
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new BundleError(
      `${path} is damaged at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unreadable'}; ${again}`,
    );
  }
  const manifest = parsed.data;
  if (manifest.program.contract !== manifest.contract) throw new BundleError(`${path} names two contracts; ${again}`);
  return manifest;
}

/** Said before the form is checked, which is another one in another version. */
function refuseOtherVersion(path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { format, contract } = value as { readonly format?: unknown; readonly contract?: unknown };
  if (typeof format === 'number' && format !== manifestFormat) {
    throw new BundleError(
      `${path} has format ${format}, this engine reads format ${manifestFormat}: compile it with the ddlc of this version`,
    );
  }
  if (typeof contract === 'number' && contract !== contractVersion) {
    throw new BundleError(
      `${path} was compiled for contract ${contract}, this engine runs contract ${contractVersion}: compile it with the ddlc of this version`,
    );
  }
}

function moduleOf(folder: string, name: string, texts: ReadonlyMap<string, string>): ModuleSource {
  const js = texts.get(`${name}.js`);
  const map = texts.get(`${name}.js.map`);
  if (js === undefined || map === undefined) {
    throw new BundleError(`${join(folder, manifestFile)} lists the module ${name} but not its files; ${again}`);
  }
  // Verified text only: a map that Node looked up by itself would be read past the check.
  const own = js.replace(/\/\/# sourceMappingURL=[^\n]*\n?$/, '');
  const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;
  return { file: `${name}.js`, js: own + inline };
}
