// The files of a bundle, from a folder or from one package of bytes. A package comes from outside: it is bounded before
// and after it is unpacked, and a name in it can be nothing but the name of a bundle's file.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { BundleError } from './load.ts';
import { bundleFileName, manifestFile } from './manifest.ts';

/** What vouches for a bundle: an ed25519 signature over its manifest. */
export const signatureFile = 'signature';

/** By name; bytes as they are hashed. */
export type BundleFiles = ReadonlyMap<string, Buffer>;

/** Bytes of a package. 10,000 policies come to about 4 MB. */
export const packageBytesMax = 32 * 1024 * 1024;
/** Bytes of all files together. 10,000 policies come to about 46 MB. */
export const bundleBytesMax = 128 * 1024 * 1024;
/** 10,000 policies come to about 160 files. */
const filesMax = 4096;

const packageFormat = 1;

const packageSchema = z.strictObject({
  format: z.literal(packageFormat),
  files: z.array(z.strictObject({ name: z.string(), text: z.string() })).max(filesMax),
});

export function isBundleFile(name: string): boolean {
  return name === manifestFile || name === signatureFile || bundleFileName.test(name);
}

/** The files as one sequence of bytes: JSON, gzip. The same files give the same bytes. */
export function packBundle(files: ReadonlyMap<string, string | Buffer>): Buffer {
  const names = [...files.keys()].sort();
  const entries = names.map((name) => ({ name, text: String(files.get(name)) }));
  return gzipSync(JSON.stringify({ format: packageFormat, files: entries }));
}

/**
 * The files of a package.
 * @throws BundleError when it is too large, no package, or names what is no file of a bundle.
 */
export function unpackBundle(bytes: Uint8Array): BundleFiles {
  const parsed = packageSchema.safeParse(unpackedJson(bytes));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new BundleError(
      `the package is damaged at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unreadable'}; send what \`ddlc deploy\` makes of a bundle folder`,
    );
  }
  const files = new Map<string, Buffer>();
  for (const { name, text } of parsed.data.files) {
    if (!isBundleFile(name))
      throw new BundleError(`the package holds ${shown(name)}, which is no name of a bundle's file`);
    if (files.has(name)) throw new BundleError(`the package holds ${name} twice`);
    // Code is run from these bytes, which are those that are hashed.
    files.set(name, Buffer.from(text));
  }
  return files;
}

function unpackedJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > packageBytesMax) throw tooLarge('package', packageBytesMax);
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: bundleBytesMax }).toString('utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('bundle', bundleBytesMax);
    if (code === 'Z_BUF_ERROR') throw new BundleError('the package is cut off: send it again in full');
    throw new BundleError('the package is not gzip: send what `ddlc deploy` makes of a bundle folder');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new BundleError('the package holds no JSON: send what `ddlc deploy` makes of a bundle folder');
  }
}

/**
 * The bundle's files in `folder`; what else lies there is left out.
 * @throws BundleError when there is no manifest, something can't be read, or it is too much.
 */
export async function readBundleFolder(folder: string): Promise<BundleFiles> {
  const names = (await namesIn(folder)).filter(isBundleFile).sort();
  if (!names.includes(manifestFile)) {
    throw new BundleError(
      `${folder} is no bundle: it has no ${manifestFile}; \`ddlc compile DIR --out ${folder}\` writes one`,
    );
  }
  if (names.length > filesMax) throw new BundleError(`${folder} holds more than ${filesMax} files of a bundle`);
  const files = new Map<string, Buffer>();
  let bytes = 0;
  for (const name of names) {
    const path = join(folder, name);
    try {
      bytes += (await stat(path)).size;
      if (bytes > bundleBytesMax) throw tooLarge('bundle', bundleBytesMax);
      files.set(name, await readFile(path));
    } catch (error) {
      throw error instanceof BundleError ? error : new BundleError(`can't read ${path}: ${codeOf(error)}`);
    }
  }
  return files;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new BundleError(`can't read ${folder}: ${code}`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function tooLarge(what: string, bytesMax: number): BundleError {
  return new BundleError(`the ${what} is larger than ${bytesMax / 1024 / 1024} MiB: split the program`);
}

/** A name from outside, for a message. */
function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
