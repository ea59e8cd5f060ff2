// Finds the programs of test servers. What is missing is installed by `apt-get` where the user is root; elsewhere the
// error says what to install or which variable names a server that runs already.

import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Program {
  readonly name: string;
  /** Debian's packages that hold it. */
  readonly packages: readonly string[];
  /** Names a server that runs already. */
  readonly variable: string;
}

export interface Surroundings {
  readonly folders: readonly string[];
  readonly root: boolean;
  install(packages: readonly string[]): Promise<void>;
}

/** The program's path. */
export async function locate(program: Program, surroundings: Surroundings = here()): Promise<string> {
  const found = look(program.name, surroundings.folders);
  if (found !== null) return found;
  if (surroundings.root && look('apt-get', surroundings.folders) !== null) {
    await surroundings.install(program.packages);
    const installed = look(program.name, [...surroundings.folders, ...versionedFolders()]);
    if (installed !== null) return installed;
  }
  throw new Error(
    `\`${program.name}\` is not on this machine: install it (Debian: \`apt-get install ${program.packages.join(' ')}\`), or name a running server in ${program.variable}`,
  );
}

function look(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

function here(): Surroundings {
  return {
    folders: [...(process.env.PATH ?? '').split(delimiter), ...versionedFolders()],
    root: process.getuid?.() === 0,
    install: (packages) => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages]),
  };
}

/** Debian keeps PostgreSQL's server programs in a folder per version, outside of the path; the newest comes first. */
function versionedFolders(): string[] {
  const home = '/usr/lib/postgresql';
  try {
    return readdirSync(home)
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => join(home, version, 'bin'));
  } catch {
    return [];
  }
}

/** Runs a program to its end; what it said is in the error. `user`: numbers of a user and a group. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly user?: User | null } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      ...options.user,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-4000);
      });
    child.on('error', (cause) => reject(new Error(`\`${command}\` did not start: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`\`${command} ${args.join(' ')}\` ended with ${code ?? signal}: ${said}`));
    });
  });
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}
