// Writing so that a crash or a full disk leaves the old state or the new one, never half of it.

import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { makeFolder } from '../runtime/ports/make-folder.ts';

/** Replaces a file's text; its permissions stay. Throws what the file system says; then nothing has changed. */
export function replaceFile(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : null;
  try {
    writeWhole(temporary, text, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a file that is not there yet. Throws what the file system says. */
export function createFile(path: string, text: string, mode: number): void {
  writeWhole(path, text, mode);
}

/** Puts a folder with these files, by name, in the place of `folder`, which is lost if it was there. */
export function replaceFolder(folder: string, files: ReadonlyMap<string, string>): void {
  const temporary = join(dirname(folder), `.${basename(folder)}.${pid}.tmp`);
  const old = join(dirname(folder), `.${basename(folder)}.${pid}.old`);
  try {
    rmSync(temporary, { recursive: true, force: true });
    makeFolder(temporary);
    for (const [name, text] of files) writeWhole(join(temporary, name), text, null);
    // No file system replaces a folder that holds something: between the two steps there is none.
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder) && existsSync(old)) renameSync(old, folder);
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

function writeWhole(path: string, text: string, mode: number | null): void {
  const bytes = Buffer.from(text);
  const descriptor = openSync(path, 'wx');
  try {
    if (mode !== null) fchmodSync(descriptor, mode);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
