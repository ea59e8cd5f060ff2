// A decision in words: what others wrote in it does not steer the terminal.

import { expect, test } from 'vitest';
import { renderDecision } from '../../cli/render/decision.ts';
import { printable } from '../../cli/render/printable.ts';
import { decision } from '../ledger/fixtures.ts';
import { programMeta } from '../support/program-meta.ts';

test('controls, line breaks and direction marks become question marks', () => {
  expect(printable('a\u001B[2J\u009B\r\n\t\u2028\u2029\u202E\u200B日 ü')).toBe('a?[2J????????日 ü');
});

test('keys and file names in a decision steer nothing', () => {
  const shown = renderDecision(decision({ key: 'k\u001B[2J', source: 'a\u001B[2J\n.ddl:1' }), programMeta([]), false);
  expect(shown).not.toContain('\u001B');
  expect(shown).toContain('k?[2J');
  expect(shown).toContain('policy   a?[2J?.ddl:1');
});
