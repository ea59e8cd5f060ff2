// The files of a bundle to something that can be loaded. Everything is verified always: the manifest's form, the contract,
// and the hash of every file; nothing of a bundle that fails is used.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { contractVersion, type ProgramMeta } from '../contract.ts';
import { type BundleFiles, readBundleFolder, signatureFile } from './bundle-files.ts';
import { BundleError, type ModuleSource } from './load.ts';
import { type Manifest, manifestFile, manifestFormat, manifestSchema, sourcesFile } from './manifest.ts';

export interface Bundle {
  /** Names the bundle: SHA-256 of its manifest's bytes, and so of everything in it but the signature. */
  readonly hash: string;
  readonly manifest: Manifest;
  readonly meta: ProgramMeta;
  /** For `loadProgram`; with their source maps. */
  readonly modules: readonly ModuleSource[];
}

/** A `.ddl` file that a bundle was compiled from. */
export interface BundleSource {
  readonly file: string;
  readonly text: string;
}

const again = 'compile it again with `ddlc compile`';

const sourcesSchema = z.strictObject({ files: z.array(z.strictObject({ file: z.string(), text: z.string() })) });

/**
 * Reads and verifies the bundle in `folder`; not its signature, which the gate asks for.
 * @throws BundleError that says what is wrong, where, and what to do.
 */
export async function readBundle(folder: string): Promise<Bundle> {
  return openBundle(await readBundleFolder(folder), (name) => join(folder, name));
}

/**
 * The same of files that have been read. `where` names a file for people.
 * @throws BundleError
 */
export function openBundle(files: BundleFiles, where: (name: string) => string = (name) => name): Bundle {
  const bytes = files.get(manifestFile);
  if (bytes === undefined) throw new BundleError(`the bundle has no ${manifestFile}; ${again}`);
  const manifest = parseManifest(where(manifestFile), bytes.toString('utf8'));
  const listed = new Set([manifestFile, signatureFile]);
  for (const { name, sha256 } of manifest.files) {
    listed.add(name);
    const file = files.get(name);
    if (file === undefined) throw new BundleError(`${where(name)} is missing from the bundle; ${again}`);
    if (createHash('sha256').update(file).digest('hex') !== sha256) {
      throw new BundleError(`${where(name)} is not what was compiled: its hash differs from the manifest's; ${again}`);
    }
  }
  for (const name of files.keys()) {
    if (!listed.has(name))
      throw new BundleError(`${where(name)} is no part of the bundle: its manifest does not list it`);
  }
  verifySources(files, manifest, where);
  const modules = manifest.modules.map((name) => moduleOf(where(manifestFile), name, files));
  return { hash: bundleHash(bytes), manifest, meta: manifest.program, modules };
}

export function bundleHash(manifest: Uint8Array | string): string {
  return createHash('sha256').update(manifest).digest('hex');
}

/** The hash that a manifest has of its sources; as JSON, so that no two programs run together to the same bytes. */
export function sourceHash(sources: readonly BundleSource[]): string {
  return createHash('sha256')
    .update(JSON.stringify(sources.map(({ file, text }) => [file, text])))
    .digest('hex');
}

/** What the bundle was compiled from; `null` when it was compiled before bundles held it. @throws BundleError */
export function bundleSources(files: BundleFiles): readonly BundleSource[] | null {
  const bytes = files.get(sourcesFile);
  if (bytes === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = null;
  }
  const parsed = sourcesSchema.safeParse(value);
  if (!parsed.success) throw new BundleError(`${sourcesFile} holds no sources; ${again}`);
  return parsed.data.files;
}

function verifySources(files: BundleFiles, manifest: Manifest, where: (name: string) => string): void {
  const sources = bundleSources(files);
  if (sources !== null && sourceHash(sources) !== manifest.sourceHash)
    throw new BundleError(`${where(sourcesFile)} holds other sources than the bundle was compiled from; ${again}`);
}

function parseManifest(path: string, text: string): Manifest {
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
      'contract',
    );
  }
  if (typeof contract === 'number' && contract !== contractVersion) {
    throw new BundleError(
      `${path} was compiled for contract ${contract}, this engine runs contract ${contractVersion}: compile it with the ddlc of this version`,
      'contract',
    );
  }
}

function moduleOf(manifestPath: string, name: string, files: BundleFiles): ModuleSource {
  const js = files.get(`${name}.js`)?.toString('utf8');
  const map = files.get(`${name}.js.map`);
  if (js === undefined || map === undefined) {
    throw new BundleError(`${manifestPath} lists the module ${name} but not its files; ${again}`);
  }
  // Verified text only: a map that Node looked up by itself would be read past the check.
  const own = js.replace(/\/\/# sourceMappingURL=[^\n]*\n?$/, '');
  const inline = `//# sourceMappingURL=data:application/json;base64,${map.toString('base64')}\n`;
  return { file: `${name}.js`, js: own + inline };
}
