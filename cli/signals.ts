// Being asked to end: the first SIGINT or SIGTERM ends cleanly, a second one at once.

import process from 'node:process';

/** Resolves with what was asked, in words. */
export function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      let asked = false;
      process.on(name, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve(name === 'SIGINT' ? 'interrupted' : 'asked to end');
      });
    }
  });
}
