// What a person did that can't work: wrong usage or missing input. Ends the program with exit code 2 and the message alone.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  EEXIST: 'there is one already',
  EXDEV: 'it is on another disk',
};

/**
 * A failure of the file system as a usage error: `can't read shop/a.ddl: permission denied`. Anything else is returned
 * as it came, since it is our own fault.
 */
export function fileError(verb: string, path: string, error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new UsageError(`can't ${verb} ${path}: ${words[code] ?? code}`, { cause: error });
}
