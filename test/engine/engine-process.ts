// An engine as a person starts it: `ddlc run` in a process of its own, its decisions read from standard output.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const main = resolve(import.meta.dirname, '../../cli/main.ts');

export interface PrintedDecision {
  readonly id: string;
  readonly policy: string;
  readonly key: string;
  readonly at: string;
  readonly cause: string;
  readonly outcome: string;
  readonly gate?: string;
  readonly values: Readonly<Record<string, number | null>>;
}

export interface EngineProcess {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly decisions: readonly PrintedDecision[];
  /** Everything on standard error so far. */
  errors(): string;
  /** Resolves with the first printed decision that fits; rejects after `ms`, showing what was printed. */
  decision(fits: (decision: PrintedDecision) => boolean, ms: number): Promise<PrintedDecision>;
  /** Resolves when standard error shows `text`. */
  says(text: string | RegExp, ms: number): Promise<RegExpMatchArray>;
  /** The exit code, once the process has ended by itself. */
  readonly exit: Promise<number | null>;
  /** Sends a signal and resolves with the exit code once the process has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A new folder with the given files. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-engine-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Starts `ddlc run` in `folder`; the receiver takes a free port. */
export function startEngine(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): EngineProcess {
  const child = spawn(process.execPath, [main, 'run', ...words, '--format', 'json'], {
    cwd: folder,
    env: {
      ...process.env,
      DDL_OTLP_PORT: '0',
      DDL_CONTROL_PORT: '0',
      // A machine that runs tests is slower than an engine may be.
      DDL_EVALUATION_BUDGET_MS: '20000',
      NO_COLOR: '1',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const decisions: PrintedDecision[] = [];
  let errors = '';
  const watchers = new Set<() => void>();
  const notify = (): void => {
    for (const watcher of watchers) watcher();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    decisions.push(JSON.parse(line));
    notify();
  });
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
    notify();
  });
  let ended = false;
  const exit = new Promise<number | null>((settle) => {
    child.on('close', (code) => {
      ended = true;
      settle(code);
      notify();
    });
  });
  function until<T>(look: () => T | null, what: string, ms: number): Promise<T> {
    return new Promise((settle, reject) => {
      const fail = (why: string): void => {
        watchers.delete(check);
        clearTimeout(timer);
        reject(new Error(`${what}: ${why}\n${JSON.stringify(decisions, null, 1)}\n${errors}`));
      };
      const timer = setTimeout(() => fail(`not within ${ms} ms`), ms);
      const check = (): void => {
        const found = look();
        if (found !== null) {
          watchers.delete(check);
          clearTimeout(timer);
          settle(found);
        } else if (ended) fail('the engine ended');
      };
      watchers.add(check);
      check();
    });
  }
  return {
    process: child,
    folder,
    exit,
    decisions,
    errors: () => errors,
    decision: (fits, ms) => until(() => decisions.find(fits) ?? null, 'no such decision', ms),
    says: (text, ms) => until(() => errors.match(text), `${text} was not said`, ms),
    end(signal) {
      if (!ended) child.kill(signal);
      return exit;
    },
  };
}
