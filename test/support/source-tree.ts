// The project's own files and what they import, for tests about the project itself.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Import {
  /** Relative to the root, with `/`; `null` for a package. */
  readonly path: string | null;
  /** As written. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

export interface SourceModule {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and without the insides of strings: what runs. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', '.ddl', '.vitest', '.cache']);

/** Paths of all files of the project, relative to the root, with `/`, sorted. */
export function projectPaths(): string[] {
  const found = readdirSync(root, { recursive: false, withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? below(join(root, entry.name)) : [join(root, entry.name)]));
  return found.map((path) => relative(root, path).split(sep).join('/')).sort();
}

function below(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? below(join(folder, entry.name)) : [join(folder, entry.name)]));
}

export function sourceModules(): SourceModule[] {
  return (
    projectPaths()
      // Golden files are what a test compares with, not a part of it.
      .filter((path) => path.endsWith('.ts') && !path.startsWith('test/language/'))
      .map((path) => {
        const text = readFileSync(join(root, path), 'utf8');
        return { path, text, code: strip(text), imports: importsOf(path, text) };
      })
  );
}

const importPattern = /^(?:import|export)\s+(type\s+)?(?:([^'"`;]*?)\s+from\s+)?'([^']+)';?$|\bimport\('([^']+)'\)/gm;

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(importPattern)].map((match) => {
    const [, type, names, fixed, dynamic] = match;
    const specifier = fixed ?? dynamic ?? '';
    const own = specifier.startsWith('.');
    // `import { type A, type B }` is erased as a whole when every name is.
    const listed =
      names
        ?.match(/^\{([\s\S]*)\}$/)?.[1]
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    const allTypes = listed.length > 0 && listed.every((name) => name.startsWith('type '));
    return {
      specifier,
      path: own ? join(dirname(path), specifier).split(sep).join('/') : null,
      typeOnly: type !== undefined || allTypes,
    };
  });
}

/** Comments, plain strings and the fixed parts of templates become empty. Good enough for the project's own style. */
function strip(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/g,
    (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, '') : found[0] + found[0]),
  );
}
