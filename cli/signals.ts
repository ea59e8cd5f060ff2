// Being asked to end: the first SIGINT or SIGTERM ends cleanly, a second one at once.

import { exit, on } from 'node:process';

/** Resolves with what was asked, in words. */
export function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      let asked = false;
      on(name, () => {
        if (asked) exit(130);
        asked = true;
        resolve(name === 'SIGINT' ? 'interrupted' : 'asked to end');
      });
    }
  });
}
