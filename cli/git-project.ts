// A project as it stands in a commit: `git:main` for the folder that it is compared with, `git:main:policies` for
// another one. Nothing is checked out.

import { execFileSync } from 'node:child_process';
import { basename, dirname, relative, resolve, sep } from 'node:path';
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
  const git = (...words: string[]): Buffer => run(words, folder, reference);
  const top = git('rev-parse', '--show-toplevel').toString('utf8').trimEnd();
  const within = relative(top, resolve(folder, path)).split(sep).join('/');
  if (within.startsWith('..')) throw new UsageError(`${path} does not lie in the repository ${top}`);
  const listed = git(
    'ls-tree',
    '-r',
    '-z',
    '--full-tree',
    '--end-of-options',
    commit,
    '--',
    within === '' ? '.' : within,
  );
  const base = within.endsWith('.ddl') ? dirname(within) : within;
  const files = listed
    .toString('utf8')
    .split('\0')
    .flatMap((line): ProjectFile[] => {
      const [, mode, blob, name] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      // Of a link only where it leads is in the commit.
      if (mode === undefined || mode === '120000' || blob === undefined || !isSource(name)) return [];
      const file = base === '' || base === '.' ? name : name.slice(base.length + 1);
      const shown = `${reference.slice(0, 4)}${commit}:${name}`;
      return [{ file, shown, path: shown, ...decodeSource(git('cat-file', 'blob', blob)) }];
    });
  if (files.length === 0)
    throw new UsageError(`there is no \`.ddl\` file in ${reference}${named === undefined ? ` under ${path}` : ''}`);
  files.sort((left, right) => (left.file < right.file ? -1 : left.file > right.file ? 1 : 0));
  const names = new Map(files.map((entry) => [entry.file, entry.shown]));
  // What has been committed is compared, not judged.
  return { files, folders: [], settings: noSettings, shown: (file) => names.get(file) ?? file };
}

/** As on disk: hidden folders and installed packages are not looked into. */
function isSource(name: string | undefined): name is string {
  if (name === undefined || !name.endsWith('.ddl')) return false;
  const hidden = name.split('/').some((part) => part.startsWith('.') || part === 'node_modules');
  return !hidden && basename(name) !== '.ddl';
}

function run(words: readonly string[], folder: string, reference: string): Buffer {
  try {
    return execFileSync('git', words, { cwd: folder, maxBuffer: outputBytesMax, stdio: ['ignore', 'pipe', 'pipe'] });
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
