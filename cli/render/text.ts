// Diagnostics for people: code and message, the line with the guilty part underlined, the "because", what to do.
// Colours only when asked for.

import type { Diagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import { LineIndex } from '../../compiler/diagnostics/position.ts';
import type { Span } from '../../grammar/ast.ts';
import { columns, visible, visibleText } from './text-width.ts';

export interface TextOptions {
  readonly color: boolean;
}

/** Columns of a source line that are shown at most; of a longer one the part around the mistake is. */
const widthMax = 120;

type Paint = (style: 'error' | 'warning' | 'strong' | 'faint' | 'second', text: string) => string;

const codes = {
  error: '\u001B[1;31m',
  warning: '\u001B[1;33m',
  strong: '\u001B[1m',
  faint: '\u001B[34m',
  second: '\u001B[36m',
};

/** `sources`: the text of each file by its name. The result ends with a line break when there is anything to tell. */
export function renderText(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: TextOptions = { color: false },
): string {
  const indexes = new Map([...sources].map(([file, text]) => [file, new LineIndex(text)]));
  const paint: Paint = (style, text) => (options.color ? `${codes[style]}${text}\u001B[0m` : text);
  return diagnostics.map((diagnostic) => `${renderOne(diagnostic, indexes, paint)}\n`).join('\n');
}

interface Label {
  readonly span: Span;
  readonly text: string;
  readonly main: boolean;
}

function renderOne(diagnostic: Diagnostic, indexes: ReadonlyMap<string, LineIndex>, paint: Paint): string {
  const labels: Label[] = [
    { span: diagnostic.span, text: diagnostic.label ?? '', main: true },
    ...diagnostic.related.map((entry) => ({ span: entry.span, text: entry.message, main: false })),
  ];
  const lines = labels.map((label) => indexes.get(label.span.file)?.position(label.span.start).line ?? 1);
  const gutter = Math.max(...lines.map((line) => String(line).length));
  const head = `${paint(diagnostic.severity, `${diagnostic.severity}[${diagnostic.code}]`)}${paint('strong', `: ${visibleText(diagnostic.message)}`)}`;
  const parts = [head];
  for (const label of labels)
    parts.push(...renderLabel(label, indexes.get(label.span.file), gutter, diagnostic.severity, paint));
  const notes = [
    diagnostic.help === null ? null : `help: ${visibleText(diagnostic.help)}`,
    diagnostic.fix === null ? null : `fix: ${visibleText(diagnostic.fix.title)}`,
  ];
  if (diagnostic.example !== null) {
    const lines = ['for example:', ...diagnostic.example.text, `→ ${diagnostic.example.outcome}`];
    const [first, ...more] = lines.map(visibleText);
    parts.push(`${' '.repeat(gutter + 1)}${paint('faint', '=')} ${first}`);
    for (const line of more) parts.push(`${' '.repeat(gutter + 5)}${line}`);
  }
  for (const note of notes) if (note !== null) parts.push(`${' '.repeat(gutter + 1)}${paint('faint', '=')} ${note}`);
  return parts.join('\n');
}

function renderLabel(
  label: Label,
  index: LineIndex | undefined,
  gutter: number,
  severity: Diagnostic['severity'],
  paint: Paint,
): string[] {
  const at = index?.position(label.span.start) ?? { line: 1, column: 1 };
  const arrow = label.main ? '-->' : ':::';
  const place = `${' '.repeat(gutter)}${paint('faint', arrow)} ${visibleText(label.span.file)}:${at.line}:${at.column}`;
  const line = index?.line(at.line) ?? '';
  // Without a text there is nothing to underline: an empty file, or one that is no text.
  if (line.trim() === '')
    return label.text === ''
      ? [place]
      : [place, `${' '.repeat(gutter + 1)}${paint('faint', '=')} ${visibleText(label.text)}`];
  const from = at.column - 1;
  const to = Math.max(from, Math.min(line.length, from + (label.span.end - label.span.start)));
  const cut = excerpt(line, from, to);
  const mark = (label.main ? '^' : '-').repeat(Math.max(1, columns(cut.marked)));
  const underline = `${' '.repeat(columns(cut.before))}${mark}${label.text === '' ? '' : ` ${visibleText(label.text)}`}`;
  const bar = paint('faint', '|');
  return [
    place,
    `${' '.repeat(gutter + 1)}${bar}`,
    `${paint('faint', String(at.line).padStart(gutter))} ${bar} ${cut.before}${cut.marked}${cut.after}`.trimEnd(),
    `${' '.repeat(gutter + 1)}${bar} ${paint(label.main ? severity : 'second', underline)}`,
  ];
}

interface Excerpt {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** A line around its marked part, no wider than `widthMax`. */
function excerpt(line: string, from: number, to: number): Excerpt {
  const marked = clip(line.slice(from, to), widthMax, 'end');
  const room = widthMax - columns(marked);
  const before = clip(line.slice(0, from), Math.max(20, Math.floor(room * 0.6)), 'start');
  const after = clip(line.slice(to), Math.max(20, room - columns(before)), 'end');
  return { before, marked, after };
}

/** What is shown of a text, cut to a width at one side. */
function clip(text: string, width: number, side: 'start' | 'end'): string {
  // A line may be megabytes long: what can't be shown is not measured.
  const near = side === 'start' ? text.slice(-2 * width) : text.slice(0, 2 * width);
  const characters = [...near].map(visible);
  let room = columns(characters.join(''));
  if (near.length === text.length && room <= width) return characters.join('');
  while (room > width - 1) room -= columns((side === 'start' ? characters.shift() : characters.pop()) ?? '');
  return side === 'start' ? `…${characters.join('')}` : `${characters.join('')}…`;
}
