// Text in, tree and mistakes out. Never throws, always ends, in time proportional to the length of the text; whatever is
// sound in a broken file is in the tree.

import type { IToken } from 'chevrotain';
import type { Comment, ParseResult, ProgramDeclaration, SyntaxProblem } from './ast.ts';
import { Comments } from './comments.ts';
import { findMistakesInTokens } from './literals.ts';
import { FileParser } from './parse-file.ts';
import { problemsMax } from './recovering-parser.ts';
import { lex } from './tokens.ts';

/** UTF-16 units of one file: 4 Mi, which in ASCII is 4 MiB. */
export const textLengthMax = 4 * 1024 * 1024;

/** Of a text, at most one in so many characters may be a control or replacement character. */
const oddCharactersRatio = 20;

let fileParser: FileParser | null = null;

/**
 * Parses one file.
 *
 * Problems come in the order of the text, each mistake once, at most 1,000. A text that is too large or not a text at
 * all yields that one problem and an empty tree.
 */
export function parse(file: string, text: string): ParseResult {
  const refused = refuse(file, text);
  if (refused !== null) return result(file, text, [], [], [refused]);
  // Building a Chevrotain parser takes longer than parsing a hundred files: it is built once, when first needed.
  fileParser ??= new FileParser();
  const lexed = lex(text);
  const comments = new Comments(file, text, lexed.comments);
  const inTokens = findMistakesInTokens(file, lexed.tokens, problemsMax);
  const parsed = fileParser.parse(file, blankOut(text, lexed.blockComments), lexed.tokens, comments);
  const unexpected = parsed.problems.filter((problem) => !followsFrom(text, problem, inTokens));
  const foreign = lexed.blockComments.slice(0, problemsMax).map((comment) => blockCommentProblem(file, comment));
  const problems = [...inTokens, ...unexpected, ...foreign].sort((a, b) => a.span.start - b.span.start);
  return result(file, text, parsed.declarations, comments.rest(), problems.slice(0, problemsMax));
}

function blockCommentProblem(file: string, comment: IToken): SyntaxProblem {
  const { startOffset: start } = comment;
  const expected = ['`//` for a comment'];
  return { code: 'bad-character', span: { file, start, end: start + 2 }, found: '`/*`', expected, context: 'comment' };
}

/** The text as it is to the eye that skips these comments: what stands behind one may begin its line. */
function blankOut(text: string, comments: readonly IToken[]): string {
  if (comments.length === 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (const { startOffset, image } of comments) {
    parts.push(text.slice(from, startOffset), image.replace(/[^\r\n]/g, ' '));
    from = startOffset + image.length;
  }
  return [...parts, text.slice(from)].join('');
}

/**
 * A token that is wrong in itself is one mistake, also where no such token may stand; and where the quotes of a line do
 * not pair, what is inside and what is outside of strings is anybody's guess.
 */
function followsFrom(text: string, problem: SyntaxProblem, inTokens: readonly SyntaxProblem[]): boolean {
  const { start } = problem.span;
  for (let at = firstFrom(inTokens, start); at < inTokens.length; at++) {
    const other = inTokens[at] as SyntaxProblem;
    if (other.span.start === start) return true;
    if (/[\r\n]/.test(text.slice(start, other.span.start))) return false;
    if (other.code === 'unclosed-string') return true;
  }
  return false;
}

/** The position of the first problem that does not stand before `offset`. */
function firstFrom(problems: readonly SyntaxProblem[], offset: number): number {
  let low = 0;
  let high = problems.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((problems[middle] as SyntaxProblem).span.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function result(
  file: string,
  text: string,
  declarations: readonly ProgramDeclaration[],
  comments: readonly Comment[],
  problems: readonly SyntaxProblem[],
): ParseResult {
  return { source: { file, text, declarations, comments }, problems };
}

function refuse(file: string, text: string): SyntaxProblem | null {
  if (text.length > textLengthMax) {
    const found = `${(text.length / 1024 / 1024).toFixed(1)} MiB`;
    const span = { file, start: 0, end: 0 };
    return { code: 'file-too-large', span, found, expected: ['at most 4 MiB in one file'], context: 'file' };
  }
  const at = findNonText(text);
  if (at < 0) return null;
  const found = `U+${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`;
  return { code: 'not-text', span: { file, start: at, end: at + 1 }, found, expected: ['UTF-8 text'], context: 'file' };
}

/** The offset of the first character by which the text shows not to be one; −1 when it is one. */
function findNonText(text: string): number {
  let first = -1;
  let odd = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0) return at;
    if (code !== 0xfffd && (code >= 0x20 || (code >= 0x09 && code <= 0x0d))) continue;
    if (first < 0) first = at;
    odd++;
  }
  return odd * oddCharactersRatio > text.length ? first : -1;
}
