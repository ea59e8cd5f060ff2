// Waits for another bundle in a folder. `ddlc compile` puts a whole folder in the place of the former one; others copy
// file by file: what lies there is looked at once it has been still for a moment.

import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cancel, Timers } from '../ports/timers.ts';
import { isBundleFile } from './bundle-files.ts';
import { manifestFile } from './manifest.ts';

export interface FolderWatchOptions {
  readonly folder: string;
  readonly timers: Timers;
  /** Another bundle lies in the folder. `first`: it lay there when watching began. */
  readonly onBundle: (first: boolean) => Promise<void>;
}

/** Changes that are not told are found all the same: network folders tell none. */
const pollMs = 1_000;
const stillMs = 150;

export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  /** What lay there when it was last handed on. */
  #seen: string | null = null;
  /** What lay there at the last look; handed on when it is still the same. */
  #last: string | null = null;
  #first = true;
  #looking = false;
  #cancelPoll: Cancel;
  #cancelSoon: Cancel = () => {};
  #stopped = false;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#cancelPoll = options.timers.every(pollMs, () => void this.#look());
    this.#listen();
    this.#soon();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelPoll();
    this.#cancelSoon();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Of the folder, and of the one above it: the folder itself is replaced. */
  #listen(): void {
    const { folder } = this.#options;
    for (const path of [folder, dirname(folder)]) {
      if (this.#watchers.has(path)) continue;
      try {
        const watcher = watch(path, { persistent: false }, () => this.#soon());
        watcher.on('error', () => this.#forget(path));
        this.#watchers.set(path, watcher);
      } catch {
        // Not there yet; the poll finds it.
      }
    }
  }

  #forget(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  #soon(): void {
    this.#cancelSoon();
    if (!this.#stopped) this.#cancelSoon = this.#options.timers.after(stillMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    try {
      const there = await fingerprint(this.#options.folder);
      const still = there === this.#last;
      this.#last = there;
      // A folder that was replaced is another one: the watcher of the former hears nothing.
      if (!still) this.#forget(this.#options.folder);
      this.#listen();
      if (there === null || there === this.#seen) return;
      if (!still) return this.#soon();
      this.#seen = there;
      const first = this.#first;
      this.#first = false;
      await this.#options.onBundle(first);
    } finally {
      this.#looking = false;
    }
  }
}

/** Tells one content from another without reading it; `null` when there is no bundle. */
async function fingerprint(folder: string): Promise<string | null> {
  try {
    const names = (await readdir(folder)).filter(isBundleFile).sort();
    if (!names.includes(manifestFile)) return null;
    const facts = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs, ino } = await stat(join(folder, name));
        return `${name} ${size} ${mtimeMs} ${ino}`;
      }),
    );
    return facts.join('\n');
  } catch {
    // It is being replaced; the next look finds what is there then.
    return null;
  }
}
