// The package this program is part of: read from its package.json, which stands above the sources and above the build.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface PackageInfo {
  readonly version: string;
  /** Absolute. Holds `policies/`. */
  readonly folder: string;
}

export function packageInfo(): PackageInfo {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json is missing above the program');
    folder = above;
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { version, folder };
}
