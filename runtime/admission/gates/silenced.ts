// Someone knows already, or is at work on it: for a time with an end neither an action nor a message comes of it.

import { concerns } from '../concerns.ts';
import { timeText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const silenced: RequestGate = {
  name: 'silenced',
  law: 'A proposal that a silence or a maintenance window is about is refused from its beginning up to, and not at, its end.',
  asks: 'request',
  refuse({ request, controls, now }) {
    for (const silence of controls?.silences ?? []) {
      if (now < silence.from || now >= silence.until || !concerns(silence.scope, request)) continue;
      const what = silence.kind === 'maintenance' ? 'maintenance' : 'silence';
      const reason = silence.reason === '' ? '' : ` (${silence.reason})`;
      return `silenced: ${what} by ${silence.by} until ${timeText(silence.until, now)}${reason}`;
    }
    return null;
  },
};
