// A state diagram in Mermaid, for Markdown. Labels are the authors' texts: every character that Mermaid might read as
// its own is written as a code.

import type { StateDiagram } from '../doc/state-diagram.ts';
import { visibleText } from './text-width.ts';

/** Longer labels are cut: the tables have the whole. */
const labelMax = 90;

export function mermaidDiagram({ states, steps }: StateDiagram): string {
  return [
    'stateDiagram-v2',
    '  direction LR',
    ...states.map(({ name, label }) => `  ${name} : ${mermaidText(label)}`),
    '  [*] --> rest',
    ...steps.map(({ from, to, label }) => `  ${from} --> ${to} : ${mermaidText(label)}`),
    '',
  ].join('\n');
}

/** Letters, digits and a few signs stay; all else becomes `#code;`. */
function mermaidText(text: string): string {
  const shown = [...visibleText(text.replace(/\s+/g, ' '))];
  const cut = shown.length > labelMax ? [...shown.slice(0, labelMax - 1), '…'] : shown;
  return cut.map((sign) => (/[\p{L}\p{N} .,_()+*/=…-]/u.test(sign) ? sign : `#${sign.codePointAt(0)};`)).join('');
}
