// The one canonical layout of a file. Comments stay where they stood and none is ever lost; the tree stays the same;
// formatting what was formatted changes nothing. Meant for files without problems: what could not be read is not kept.

import type { IToken } from 'chevrotain';
import type {
  Expression,
  GivenClause,
  PolicyItem,
  ProgramDeclaration,
  SchemaItem,
  SourceFile,
  TestDeclaration,
  UntilClause,
  WhenClause,
} from './ast.ts';
import { commentBlockAbove, isDocComment, isFirstOnLine } from './comments.ts';
import {
  formatExpression,
  formatHead,
  formatPolicyItem,
  formatProperty,
  formatRow,
  formatSchemaItem,
  formatTestItem,
  formatTunedValue,
} from './format-expression.ts';
import { precedence } from './precedence.ts';
import { lex } from './tokens.ts';

const widthMax = 80;
const indentUnit = '  ';

/** The canonical text of a file that was parsed without problems; ends in a line break unless it is empty. */
export function format(source: SourceFile): string {
  return layOut(source).finish();
}

/** Where the canonical text has what stands in the source; for what is said of lines, however the source is laid out. */
export interface FormattedLines {
  /** What begins a line other than a comment: its offset in the source and its line, from 0. Ascending in both. */
  readonly starts: readonly { readonly offset: number; readonly line: number }[];
  /** By offset in the source, the line of each comment, and whether nothing else stands on it. */
  readonly comments: ReadonlyMap<number, { readonly line: number; readonly ownLine: boolean }>;
}

export function formattedLines(source: SourceFile): FormattedLines {
  const { starts, comments } = layOut(source);
  return { starts, comments };
}

function layOut(source: SourceFile): Layout {
  const layout = new Layout(source.text);
  for (const [index, declaration] of source.declarations.entries()) {
    const before = source.declarations[index - 1];
    const apart = before !== undefined && (hasBlock(before) || hasBlock(declaration));
    formatDeclaration(layout, declaration, apart);
  }
  layout.end();
  return layout;
}

function hasBlock(declaration: ProgramDeclaration): boolean {
  return 'items' in declaration || declaration.kind === 'tune';
}

function formatDeclaration(layout: Layout, declaration: ProgramDeclaration, apart: boolean): void {
  const { start, end } = declaration.span;
  const head = formatHead(declaration, layout.text);
  layout.separate(start, apart);
  if (declaration.kind === 'tune') {
    layout.open(head, start, declaration.where.span.end);
    for (const value of declaration.values)
      layout.line(formatTunedValue(value, layout.text), value.span.start, value.span.end);
    layout.close(end);
    return;
  }
  if (!('items' in declaration)) {
    layout.line(head, start, end);
    return;
  }
  const name = declaration.kind === 'test' ? declaration.title : declaration.name;
  const last = declaration.kind === 'policy' ? declaration.parameters.at(-1) : undefined;
  layout.open(head, start, (last ?? name).span.end);
  switch (declaration.kind) {
    case 'schema':
      formatSchemaItems(layout, declaration.items);
      break;
    case 'fleet':
      for (const item of declaration.items) layout.line(formatProperty(item), item.span.start, item.span.end);
      break;
    case 'policy':
      for (const item of declaration.items) formatItem(layout, item);
      break;
    case 'test':
      formatTest(layout, declaration);
      break;
  }
  layout.close(end);
}

/** What tells how often events come stays together on a line when the author put it there. */
function formatSchemaItems(layout: Layout, items: readonly SchemaItem[]): void {
  for (let index = 0; index < items.length; index++) {
    const first = items[index] as SchemaItem;
    let last = first;
    let line = formatSchemaItem(first);
    for (let next = items[index + 1]; next !== undefined; next = items[index + 1]) {
      if (last.kind !== 'timing' || next.kind !== 'timing' || isFirstOnLine(layout.text, next.span.start)) break;
      line += `   ${formatSchemaItem(next)}`;
      last = next;
      index++;
    }
    layout.line(line, first.span.start, last.span.end);
  }
}

function formatItem(layout: Layout, item: PolicyItem): void {
  if (item.kind === 'let') layout.separate(item.span.start, false);
  const line = formatPolicyItem(item, layout.text);
  if ((item.kind === 'when' || item.kind === 'until') && item.condition.kind === 'logic') {
    const written = layout.text.slice(item.span.start, item.span.end);
    if (/[\r\n]/.test(written) || line.length + indentUnit.length > widthMax) {
      formatOperands(layout, item, item.condition.operator, item.condition.operands);
      return;
    }
  }
  layout.line(line, item.span.start, item.span.end);
}

/** Each operand on a line of its own, the operator below the end of the clause's first word. */
function formatOperands(
  layout: Layout,
  clause: WhenClause | UntilClause,
  operator: 'and' | 'or',
  operands: readonly Expression[],
): void {
  for (const [index, operand] of operands.entries()) {
    const written = formatExpression(operand, layout.text, precedence[operator] + 1);
    if (index === 0) layout.line(`${clause.kind} ${written}`, clause.span.start, operand.span.end);
    else {
      const word = operator.padStart(clause.kind.length);
      layout.line(`${word} ${written}`, operand.span.start, operand.span.end, false);
    }
  }
}

function formatTest(layout: Layout, test: TestDeclaration): void {
  for (const item of test.items) {
    if (item.kind === 'given') formatGiven(layout, item);
    else layout.line(formatTestItem(item, layout.text), item.span.start, item.span.end);
  }
}

function formatGiven(layout: Layout, given: GivenClause): void {
  const headEnd = given.every?.span.end ?? given.tags.at(-1)?.span.end ?? given.schema.span.end;
  layout.open(formatTestItem(given, layout.text), given.span.start, headEnd);
  for (const row of given.rows) layout.line(formatRow(row), row.span.start, row.span.end);
  layout.close(given.span.end);
}

/** Lines of output, into which the comments of the source are woven by their offsets. */
class Layout implements FormattedLines {
  readonly text: string;
  readonly starts: { readonly offset: number; readonly line: number }[] = [];
  readonly comments = new Map<number, { readonly line: number; readonly ownLine: boolean }>();
  readonly #comments: readonly IToken[];
  #nextComment = 0;
  readonly #lines: string[] = [];
  #depth = 0;
  /** Nothing stands before in this block. */
  #atStart = true;
  /** The next line is set apart by a blank one. */
  #apart = false;
  /** Directly above stands a block of comments with a `///` in it. */
  #belowDoc = false;

  constructor(text: string) {
    this.text = text;
    this.#comments = lex(text).comments;
  }

  /**
   * Before a declaration that begins at `start`: a blank line above it and its own comments, `always` or only where
   * without it a `///` that documents nothing would become its documentation.
   */
  separate(start: number, always: boolean): void {
    const [first] = commentBlockAbove(this.text, this.#comments, start);
    const own = this.#comments[Math.max(first, this.#nextComment)]?.startOffset ?? start;
    this.#flush(Math.min(own, start), true);
    this.#apart = always || this.#belowDoc;
  }

  /** Writes what stands between two offsets, after the comments before it and with those inside and behind it. */
  line(written: string, start: number, end: number, mayBeApart = true): void {
    this.#flush(start, mayBeApart);
    this.#write(written, start, mayBeApart);
    this.#noteStart(start);
    this.#trail(end);
  }

  open(head: string, start: number, headEnd: number): void {
    this.#flush(start, true);
    this.#write(`${head} {`, start, true);
    this.#noteStart(start);
    this.#depth++;
    const lines = this.#lines.length;
    this.#trail(headEnd);
    this.#atStart = this.#lines.length === lines;
  }

  /** `end` is the offset behind the closing brace. */
  close(end: number): void {
    this.#flush(end - 1, true);
    this.#depth--;
    this.#push('}');
    this.#noteStart(end - 1);
    this.#trail(end);
  }

  /** Nothing but comments follows. */
  end(): void {
    this.#flush(Number.POSITIVE_INFINITY, true);
  }

  finish(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  #noteStart(offset: number): void {
    this.starts.push({ offset, line: this.#lines.length - 1 });
  }

  #noteComment(offset: number, ownLine: boolean): void {
    this.comments.set(offset, { line: this.#lines.length - 1, ownLine });
  }

  /** Own lines for all comments before `offset`. */
  #flush(offset: number, mayBeApart: boolean): void {
    for (;;) {
      const comment = this.#comments[this.#nextComment];
      if (comment === undefined || comment.startOffset >= offset) return;
      this.#nextComment++;
      this.#write(comment.image.trimEnd(), comment.startOffset, mayBeApart);
      this.#noteComment(comment.startOffset, true);
    }
  }

  /** Comments inside what was written last, and the one behind it: the first at the end of its line, others below. */
  #trail(end: number): void {
    for (let first = true; ; first = false) {
      const comment = this.#comments[this.#nextComment];
      if (comment === undefined) return;
      const inside = comment.startOffset < end;
      if (!inside && !(first && this.#isBehind(comment.startOffset, end))) return;
      this.#nextComment++;
      const written = comment.image.trimEnd();
      if (first) this.#lines.push(`${this.#lines.pop()}  ${written}`);
      else this.#push(written);
      this.#noteComment(comment.startOffset, !first);
    }
  }

  #isBehind(offset: number, end: number): boolean {
    return offset - end < 1_000 && /^[ \t(){,]*(?:(?:and|or)[ \t]*)?$/.test(this.text.slice(end, offset));
  }

  #write(written: string, offset: number, mayBeApart: boolean): void {
    const apart = this.#apart || (mayBeApart && isApart(this.text, offset));
    if (apart && !this.#atStart) {
      this.#lines.push('');
      this.#belowDoc = false;
    }
    this.#apart = false;
    this.#push(written);
  }

  #push(written: string): void {
    this.#lines.push(`${indentUnit.repeat(this.#depth)}${written}`);
    this.#atStart = false;
    this.#belowDoc = written.startsWith('//') && (this.#belowDoc || isDocComment(written));
  }
}

// A line break of two characters is not two of one.
const blankLineAbove = /(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r(?!\n))[ \t]*$/;

/** The thing at `offset` is the first of its line, and the line above is blank. */
function isApart(text: string, offset: number): boolean {
  return blankLineAbove.test(text.slice(Math.max(0, offset - 1_000), offset));
}
