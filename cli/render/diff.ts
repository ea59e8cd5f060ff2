// Differences in meaning for people.

import type { Change, ItemDiff, ProgramDiff } from '../../compiler/diff/program-diff.ts';
import { plural } from '../summarize.ts';
import { visibleText } from './text-width.ts';

/** Ends in a line break when there is anything to tell. */
export function renderDiff({ policies, fleets }: ProgramDiff): string {
  return [
    ...policies.map((entry) => itemText('policy', entry)),
    ...fleets.map((entry) => itemText('fleet', entry)),
  ].join('\n');
}

export function concludeDiff({ policies, fleets, classes, unchanged }: ProgramDiff): string {
  const same = `${plural(unchanged, 'policy means', 'policies mean')} what ${unchanged === 1 ? 'it' : 'they'} meant`;
  if (policies.length + fleets.length === 0) return `${same}: nothing has changed\n`;
  const parts = [
    ...(policies.length === 0 ? [] : [plural(policies.length, 'policy', 'policies')]),
    ...(fleets.length === 0 ? [] : [plural(fleets.length, 'fleet', 'fleets')]),
  ];
  return `\n${parts.join(' and ')} changed: ${classes.join(', ')}; ${same}\n`;
}

function itemText(kind: string, { name, change, from, source, classes, changes }: ItemDiff): string {
  const place = source === null ? '' : ` (${source})`;
  const before = from === null ? '' : `, called \`${from}\` before`;
  const head = `${kind} ${name}${place} ${change}${before}: ${classes.join(', ')}\n`;
  return visibleText(head) + changes.map(changeText).join('');
}

function changeText({ part, classes, before, after }: Change): string {
  const text =
    before === null
      ? `+ ${after ?? ''}`
      : after === null
        ? `- ${before}`
        : before === after
          ? `${before} (what it reads has changed)`
          : `${before} → ${after}`;
  return `  ${visibleText(`${part}: ${text}`)}   [${classes.join(', ')}]\n`;
}
