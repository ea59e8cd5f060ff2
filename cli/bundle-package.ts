// A bundle folder as the package that engines take.

import { resolve } from 'node:path';
import { packBundle, readBundleFolder } from '../runtime/bundle/bundle-files.ts';
import { type Bundle, openBundle } from '../runtime/bundle/read.ts';

export interface PackedBundle {
  readonly bundle: Bundle;
  readonly bytes: Buffer;
}

/** What is wrong with it here would be wrong there. @throws BundleError */
export async function packFolder(path: string, folder: string): Promise<PackedBundle> {
  const files = await readBundleFolder(resolve(folder, path));
  return { bundle: openBundle(files), bytes: packBundle(files) };
}
