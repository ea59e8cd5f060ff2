// One line on a terminal that says how far long work has come. Nothing is shown when nobody watches, and nothing for
// work that is done before a person would wonder.

import { type Clock, systemClock } from '../runtime/ports/clock.ts';
import type { Terminal } from './terminal.ts';

export interface Progress {
  /** Shows `text` in place of what was shown; cheap enough to be called often. */
  show(text: string | (() => string)): void;
  /** Takes the line away. To be called before anything else is written. */
  done(): void;
}

const firstAfterMs = 500;
const againAfterMs = 100;

export function createProgress(terminal: Terminal, clock: Clock = systemClock): Progress {
  if (!terminal.interactive) return { show() {}, done() {} };
  let dueMs = clock.monotonicMs() + firstAfterMs;
  let visible = false;
  return {
    show(text) {
      const nowMs = clock.monotonicMs();
      if (nowMs < dueMs) return;
      dueMs = nowMs + againAfterMs;
      visible = true;
      terminal.note(`\r\u001B[2K${typeof text === 'string' ? text : text()}`);
    },
    done() {
      if (visible) terminal.note('\r\u001B[2K');
      visible = false;
    },
  };
}
