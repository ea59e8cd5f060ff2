// The files of a program on disk: every `.ddl` file below a folder, or a single one. Within the program a file is named
// relative to its project, so that the same source compiles to the same bytes wherever it stands; people are shown paths
// relative to the folder they are in.

import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { Analyser, type Analysis, type ProjectSettings } from '../compiler/analyse.ts';
import type { Diagnostic } from '../compiler/diagnostics/diagnostic.ts';
import type { Span } from '../grammar/ast.ts';
import { textLengthMax } from '../grammar/parser.ts';
import { projectSettings } from './project-settings.ts';
import { fileError, UsageError } from './usage-error.ts';

export interface ProjectFile {
  /** Relative to the project, with `/`: the name in the program. */
  readonly file: string;
  /** As people are shown it. */
  readonly shown: string;
  /** Absolute; of a symbolic link what it leads to. */
  readonly path: string;
  readonly text: string;
  /** Whether `text` is all of the file, as it is. When not, the parser refuses `text` and says why. */
  readonly whole: boolean;
}

export interface Project {
  /** Sorted by `file`; at least one. */
  readonly files: readonly ProjectFile[];
  /** Every folder in which its files were looked for, absolute. */
  readonly folders: readonly string[];
  /** What `ddl.json` in the project's folder says, and which day it is. */
  readonly settings: ProjectSettings;
  /** A name of the program as people are shown it. */
  shown(file: string): string;
}

/** More folders within one another than anybody has. */
const depthMax = 64;

/**
 * Reads a project. `path` is as the person wrote it, `folder` where the person is.
 * @throws UsageError when there is nothing to read or something that can't be read.
 */
export function loadProject(path: string, folder: string): Project {
  const root = resolve(folder, path);
  const shown = (absolute: string): string => relative(folder, absolute) || '.';
  const stats = statOf(root, path);
  if (!stats.isDirectory() && extname(root) !== '.ddl') {
    throw new UsageError(`${path} is neither a folder nor a \`.ddl\` file`);
  }
  const { files: found, folders } = stats.isDirectory()
    ? findFiles(root, shown)
    : { files: [root], folders: [dirname(root)] };
  if (found.length === 0) {
    throw new UsageError(`there is no \`.ddl\` file in ${path}; \`ddlc init ${path}\` writes a first one`);
  }
  const base = stats.isDirectory() ? root : dirname(root);
  const files = found.map((absolute) => readFile(absolute, base, shown(absolute)));
  files.sort((left, right) => (left.file < right.file ? -1 : left.file > right.file ? 1 : 0));
  const names = new Map(files.map((entry) => [entry.file, entry.shown]));
  return { files, folders, settings: projectSettings(base, shown), shown: (file) => names.get(file) ?? file };
}

/** Compiles the front of a project, with an `analyser` that has seen it before in less time; its diagnostics carry paths as people are shown them. */
export function analyseProject(project: Project, analyser: Analyser = new Analyser(null, project.settings)): Analysis {
  const analysis = analyser.analyse(project.files);
  return {
    ...analysis,
    diagnostics: analysis.diagnostics.map((diagnostic) => withShownPaths(diagnostic, project)),
    suppressed: analysis.suppressed.map((entry) => ({
      ...entry,
      diagnostic: withShownPaths(entry.diagnostic, project),
      span: { ...entry.span, file: project.shown(entry.span.file) },
    })),
  };
}

export function withShownPaths(diagnostic: Diagnostic, project: Project): Diagnostic {
  const shown = <Holder extends { readonly span: Span }>(holder: Holder): Holder => ({
    ...holder,
    span: { ...holder.span, file: project.shown(holder.span.file) },
  });
  const { related, fix } = diagnostic;
  return {
    ...shown(diagnostic),
    related: related.map(shown),
    fix: fix === null ? null : { ...fix, edits: fix.edits.map(shown) },
  };
}

/** The text of each file by the path that diagnostics carry. */
export function shownSources(project: Project): ReadonlyMap<string, string> {
  return new Map(project.files.map((entry) => [entry.shown, entry.text]));
}

function statOf(absolute: string, shown: string): Stats {
  try {
    return statSync(absolute);
  } catch (error) {
    throw fileError('read', shown, error);
  }
}

/** Absolute paths of all `.ddl` files below `root`, and of the folders; a folder or file that several links lead to is taken once. */
function findFiles(
  root: string,
  shown: (absolute: string) => string,
): { readonly files: readonly string[]; readonly folders: readonly string[] } {
  const seen = new Set<string>();
  const files: string[] = [];
  const folders: string[] = [];
  const visit = (folder: string, depth: number): void => {
    if (depth > depthMax) throw new UsageError(`${shown(folder)} lies more than ${depthMax} folders deep`);
    if (!firstVisit(folder, shown, seen)) return;
    folders.push(folder);
    for (const entry of entriesOf(folder, shown)) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      const isSource = extname(entry.name) === '.ddl';
      // Anything but a folder, a link or a source is not even looked at.
      if (!isSource && !entry.isDirectory() && !entry.isSymbolicLink()) continue;
      const stats = entry.isSymbolicLink() && !isSource ? tryStat(path) : statOf(path, shown(path));
      if (stats?.isDirectory()) visit(path, depth + 1);
      else if (stats?.isFile() && isSource && firstVisit(path, shown, seen)) files.push(path);
    }
  };
  visit(root, 0);
  return { files, folders };
}

function firstVisit(path: string, shown: (absolute: string) => string, seen: Set<string>): boolean {
  try {
    const real = realpathSync.native(path);
    if (seen.has(real)) return false;
    seen.add(real);
    return true;
  } catch (error) {
    throw fileError('read', shown(path), error);
  }
}

function entriesOf(folder: string, shown: (absolute: string) => string) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    // The order decides under which name a file is taken that several links lead to.
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    throw fileError('read the folder', shown(folder), error);
  }
}

/** A link that leads nowhere is no concern of ours unless it is named like a source. */
function tryStat(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** A text of more than `textLengthMax` units is refused by the parser; in UTF-8 a unit takes at most three bytes. */
const bytesMax = 3 * textLengthMax + 4;

function readFile(absolute: string, base: string, shown: string): ProjectFile {
  const file = base === absolute ? basename(absolute) : relative(base, absolute).split(sep).join('/');
  let bytes: Uint8Array;
  let path: string;
  try {
    path = realpathSync.native(absolute);
    bytes = readUpTo(path, bytesMax + 1);
  } catch (error) {
    throw fileError('read', shown, error);
  }
  return { file, shown, path, ...decodeSource(bytes) };
}

/** Read at a time of what tells no size: a pipe, a device. */
const chunkBytes = 64 * 1024;

function readUpTo(path: string, size: number): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const chunks: Uint8Array[] = [];
    let left = size;
    const stats = fstatSync(descriptor);
    // One more than there is, which finds the end of a file without another read.
    let expected = stats.size + 1;
    while (left > 0) {
      const chunk = new Uint8Array(Math.min(left, expected));
      expected = chunkBytes;
      const count = readSync(descriptor, chunk);
      chunks.push(chunk.subarray(0, count));
      left -= count;
      // A pipe may have more to come.
      if (count === 0 || (stats.isFile() && count < chunk.length)) break;
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

/** UTF-8, with or without a mark at its beginning. */
export function decodeSource(bytes: Uint8Array): { readonly text: string; readonly whole: boolean } {
  const tooLarge = bytes.length > bytesMax;
  try {
    if (!tooLarge) return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), whole: true };
  } catch {
    // Told below, at its place.
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  if (tooLarge) return { text, whole: false };
  return { text: refusedFrom(text, firstDamage(bytes)), whole: false };
}

/** So many UTF-16 units of the text come before the first byte that is no UTF-8. */
function firstDamage(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let units = 0;
  for (let at = 0; at <= bytes.length; at++) {
    try {
      units += decoder.decode(bytes.subarray(at, at + 1), { stream: at < bytes.length }).length;
    } catch {
      return units;
    }
  }
  return units;
}

/** The parser takes a text with a NUL for what it is, no text, and points at it. */
function refusedFrom(text: string, damage: number): string {
  return `${text.slice(0, damage)}\u0000${text.slice(damage + 1)}`;
}
