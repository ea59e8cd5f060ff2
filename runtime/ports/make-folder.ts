// Folders on disk. Not `mkdir` with `recursive`: that one never returns where a folder can't be made although its parent
// exists, as in /proc.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder and those above it. Throws what the file system says. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}
