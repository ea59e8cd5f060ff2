// Waiting for changes in folders. Bursts of changes (a branch that is checked out, an editor that writes a file in three
// steps) are told once.

import { type FSWatcher, watch } from 'node:fs';
import { type Cancel, systemTimers } from '../runtime/ports/timers.ts';
import { nextSignal } from './signals.ts';
import { fileError } from './usage-error.ts';

/** Quiet for so long ends a burst. */
const quietMs = 25;

/**
 * Calls `look` once it watches, and after each burst of changes of what lies in `folders`, until the process is asked to
 * end; its answer is which folders to watch from then on. Each folder is watched by itself: Node's recursive watching loses files that
 * an editor replaces.
 * @throws UsageError when a folder that is there can't be watched.
 */
export async function watchFolders(folders: readonly string[], look: () => readonly string[]): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  let pending: Cancel = () => {};
  const ended = nextSignal();
  try {
    await new Promise<void>((resolve, reject) => {
      const watchAll = (wanted: readonly string[]): void => {
        for (const [folder, watcher] of watchers) {
          if (wanted.includes(folder)) continue;
          watcher.close();
          watchers.delete(folder);
        }
        for (const folder of wanted) if (!watchers.has(folder)) watchOne(folder);
      };
      const watchOne = (folder: string): void => {
        // One that is gone meanwhile is told by the folder above.
        const gone = (error: NodeJS.ErrnoException): void => {
          watchers.delete(folder);
          if (error.code !== 'ENOENT') reject(fileError('watch', folder, error));
        };
        try {
          watchers.set(folder, watch(folder, later).on('error', gone));
        } catch (error) {
          gone(error as NodeJS.ErrnoException);
        }
      };
      const later = (): void => {
        pending();
        pending = systemTimers.after(quietMs, lookNow);
      };
      const lookNow = (): void => {
        try {
          watchAll(look());
        } catch (error) {
          reject(error);
        }
      };
      watchAll(folders);
      lookNow();
      void ended.then(() => resolve());
    });
  } finally {
    pending();
    for (const watcher of watchers.values()) watcher.close();
  }
}
