// Something that is opened when it is first asked for, once, and closed if it was.

import type { Timers } from '../../runtime/ports/timers.ts';

/** Nobody waits longer for an end. */
const closeMs = 2_000;

export class Opening<T extends { close(): Promise<void> }> {
  readonly #open: () => Promise<T>;
  readonly #timers: Timers;
  #opened: Promise<T> | null = null;

  constructor(open: () => Promise<T>, timers: Timers) {
    this.#open = open;
    this.#timers = timers;
  }

  get(): Promise<T> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** What is still being opened is closed as soon as it is open. */
  close(): Promise<void> {
    const opened = this.#opened;
    if (opened === null) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#timers.after(closeMs, resolve);
      opened
        .then((own) => own.close())
        // What could not be opened was told by the check that asked for it.
        .catch(() => {})
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }
}
