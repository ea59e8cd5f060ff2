// What a command may write to and how it ends. Data goes to standard output, everything else to standard error.
// A reader that leaves early (`ddlc … | head`) is no failure: what follows is dropped.

import { cwd, env, stderr, stdout } from 'node:process';
import { fileError } from './usage-error.ts';

/** 0 fine · 1 problems found · 2 wrong usage or missing input · 3 our own fault. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Terminal {
  /** Data. `false` when the reader is slower than we are; then wait for `drained`. */
  out(text: string): boolean;
  /** For people: notes, progress, errors. Never data. */
  note(text: string): void;
  /** Resolves once standard output takes more, or nobody reads it any more. */
  drained(): Promise<void>;
  /** Nobody reads standard output any more; long work may stop. */
  readonly outClosed: boolean;
  /** Whether colours may be used in `out` and in `note`. */
  readonly color: { readonly out: boolean; readonly note: boolean };
  /** A person sees `note` on a terminal: progress may be shown. */
  readonly interactive: boolean;
  /** The current folder; paths are shown relative to it. */
  readonly folder: string;
}

/** The terminal of this process. To be made once. */
export function processTerminal(): Terminal {
  let outClosed = false;
  let noteClosed = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw fileError('write to', 'standard output', error);
    outClosed = true;
  });
  stderr.on('error', () => {
    // Nowhere is left to say it.
    noteClosed = true;
  });
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return {
    out: (text) => outClosed || stdout.write(text),
    note: (text) => {
      if (!noteClosed) stderr.write(text);
    },
    drained: () =>
      new Promise((resolve) => {
        if (outClosed || !stdout.writableNeedDrain) return resolve();
        const go = (): void => {
          stdout.off('drain', go);
          stdout.off('close', go);
          resolve();
        };
        stdout.on('drain', go);
        stdout.on('close', go);
      }),
    get outClosed() {
      return outClosed;
    },
    color: { out: stdout.isTTY === true && !plain, note: stderr.isTTY === true && !plain },
    interactive: stderr.isTTY === true && env.TERM !== 'dumb',
    folder: cwd(),
  };
}
