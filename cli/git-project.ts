// A project as it stands in a commit: `git:main` for the folder that it is compared with, `git:main:policies` for
// another one. Nothing is checked out.

import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { noSettings } from '../compiler/analyse.ts';
import { decodeSource, type Project, type ProjectFile } from './project.ts';
import { UsageError } from './usage-error.ts';

const outputBytesMax = 256 * 1024 * 1024;

export function isGitReference(path: string): boolean {
  return path.startsWith('git:');
}

/**
 * @param beside The folder or file that is meant when the reference names none, as the person wrote it.
 * @throws UsageError when there is no such commit, or nothing in it.
 */
export function loadGitProject(reference: string, beside: string, folder: string): Project {
  const [, commit = '', named] = /^git:([^:]*)(?::(.*))?$/s.exec(reference) ?? [];
  const path = named ?? beside;
  if (commit === '') throw new UsageError(`${reference} names no commit; write git:main or git:main:policies`);
  const git = (words: readonly string[], input = ''): Buffer => run(words, input, folder, reference);
  const top = git(['rev-parse', '--show-toplevel']).toString('utf8').trimEnd();
  const within = relative(top, resolve(realpathSync(folder), path))
    .split(sep)
    .join('/');
  if (within.startsWith('..')) throw new UsageError(`${path} does not lie in the repository ${top}`);
  const place = within === '' ? '.' : within;
  const listed = git(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit, '--', place]);
  const base = within.endsWith('.ddl') ? dirname(within) : within;
  const found = listed
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const [, mode, blob, name] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      // Of a link only where it leads is in the commit.
      if (mode === undefined || mode === '120000' || blob === undefined || name === undefined) return [];
      const file = base === '' || base === '.' ? name : name.slice(base.length + 1);
      return isSource(file) ? [{ file, blob, shown: `git:${commit}:${name}` }] : [];
    });
  if (found.length === 0)
    throw new UsageError(`there is no \`.ddl\` file in ${reference}${named === undefined ? ` under ${path}` : ''}`);
  const blobs = blobsOf(git(['cat-file', '--batch'], found.map(({ blob }) => `${blob}\n`).join('')));
  const files = found.map(
    ({ file, shown }, at): ProjectFile => ({
      file,
      shown,
      path: shown,
      ...decodeSource(blobs[at] ?? new Uint8Array()),
    }),
  );
  files.sort((left, right) => (left.file < right.file ? -1 : left.file > right.file ? 1 : 0));
  const names = new Map(files.map((entry) => [entry.file, entry.shown]));
  // What has been committed is compared, not judged.
  return { files, folders: [], settings: noSettings, shown: (file) => names.get(file) ?? file };
}

/** What `git cat-file --batch` prints: for each a line that ends in its size, its bytes, a line feed. */
function blobsOf(output: Buffer): readonly Uint8Array[] {
  const blobs: Uint8Array[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const size = Number(output.toString('latin1', output.lastIndexOf(32, end) + 1, end));
    blobs.push(output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return blobs;
}

/** As on disk: hidden folders and installed packages are not looked into. */
function isSource(file: string): boolean {
  return file.endsWith('.ddl') && !file.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
}

function run(words: readonly string[], input: string, folder: string, reference: string): Buffer {
  try {
    return execFileSync('git', words, {
      cwd: folder,
      maxBuffer: outputBytesMax,
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : '';
    throw new UsageError(
      `can't read ${reference}: ${said === '' || said === undefined ? 'git is not installed here' : said}`,
      {
        cause: error,
      },
    );
  }
}
