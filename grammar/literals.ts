// From the written form of strings and numbers to their values, and back for strings; and the mistakes inside them.

import type { IToken } from 'chevrotain';
import type { SyntaxProblem } from './ast.ts';
import { Quantity, tokenEnd, UnclosedString } from './tokens.ts';

export interface NumberParts {
  /** 0 when the number is not well-formed. */
  readonly value: number;
  readonly unit: string | null;
  /** The digits as written, without the unit. */
  readonly text: string;
  readonly wellFormed: boolean;
}

const numberForm = /^[\d_.]+(?:[eE][+-]?\d[\d_]*)?/;
/** Longer ones say nothing more, and a regular expression that repeats a group needs memory for every turn. */
const numberLengthMax = 400;
const wellFormedNumber = /^\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?$/;

/** Takes `1_000.5e3ms` apart. */
export function readNumber(image: string): NumberParts {
  const text = numberForm.exec(image)?.[0] ?? '';
  const value =
    text.length <= numberLengthMax && wellFormedNumber.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  const unit = image.slice(text.length);
  const wellFormed = Number.isFinite(value);
  return { value: wellFormed ? value : 0, unit: unit === '' ? null : unit, text, wellFormed };
}

export interface BadEscape {
  /** Offset from the opening quote. */
  readonly start: number;
  readonly end: number;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const unicodeAttempt = /u(?:\{[0-9A-Fa-f]*\}?)?/y;
const unicodeEscape = /u(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))/y;

/** The value of a string as written, from its opening quote; what no escape says is kept as it stands and handed to `onBad`. */
export function readString(image: string, closed: boolean, onBad?: (bad: BadEscape) => void): string {
  const end = closed ? image.length - 1 : image.length;
  if (!image.includes('\\')) return image.slice(1, end);
  const parts: string[] = [];
  let from = 1;
  for (let at = image.indexOf('\\'); at >= 0 && at < end; at = image.indexOf('\\', from)) {
    parts.push(image.slice(from, at));
    const simple = escapes.get(image.charAt(at + 1));
    unicodeEscape.lastIndex = at + 1;
    const unicode = simple === undefined ? unicodeEscape.exec(image) : null;
    const code = unicode === null ? -1 : Number.parseInt(unicode[1] ?? (unicode[2] as string), 16);
    if (simple !== undefined) {
      parts.push(simple);
      from = at + 2;
    } else if (unicode !== null && code <= 0x10ffff) {
      parts.push(String.fromCodePoint(code));
      from = at + 1 + unicode[0].length;
    } else {
      unicodeAttempt.lastIndex = at + 1;
      from = Math.min(end, at + 1 + Math.max(1, unicodeAttempt.exec(image)?.[0].length ?? 1));
      parts.push(image.slice(at + 1, from));
      onBad?.({ start: at, end: from });
    }
  }
  parts.push(image.slice(from, end));
  return parts.join('');
}

// Controls, lone surrogates, and signs that are not seen or that change the direction of reading.
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /["\\\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The one canonical way to write a string. */
export function writeString(value: string): string {
  const body = value.replace(unsafe, (sign) => {
    if (sign === '"' || sign === '\\') return `\\${sign}`;
    if (sign === '\n') return '\\n';
    if (sign === '\r') return '\\r';
    if (sign === '\t') return '\\t';
    return `\\u{${sign.charCodeAt(0).toString(16)}}`;
  });
  return `"${body}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const notAscii = /[^\u0000-\u007f]/;

/**
 * Mistakes inside tokens that the parser accepts: each is reported here and nowhere else. `Unreadable` tokens are not
 * among them, since the parser stops at each that is not already inside a skipped stretch.
 */
export function findMistakesInTokens(file: string, tokens: readonly IToken[], limit: number): SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  for (const token of tokens) {
    if (problems.length >= limit) break;
    const { image } = token;
    const first = image.charCodeAt(0);
    if (first === 0x22) findMistakesInString(file, token, problems);
    else if (token.tokenType === Quantity) {
      if (!readNumber(image).wellFormed) {
        const expected = ['a number such as `5`, `0.5`, `1_000` or `1e3`'];
        problems.push(problem(file, 'bad-number', token, expected, 'number'));
      }
    } else if (token.tokenType.name === 'Identifier' && notAscii.test(image)) {
      problems.push(problem(file, 'bad-character', token, ['the letters `a` to `z`, digits and `_`'], 'name'));
    }
  }
  return problems;
}

function findMistakesInString(file: string, token: IToken, problems: SyntaxProblem[]): void {
  const { image, startOffset } = token;
  const closed = token.tokenType !== UnclosedString;
  if (!closed) {
    problems.push({
      ...problem(file, 'unclosed-string', token, ['`"` at the end of the string'], 'string'),
      found: 'the end of the line',
    });
  }
  if (image.includes('\\')) {
    readString(image, closed, (bad) => {
      problems.push({
        code: 'bad-escape',
        span: { file, start: startOffset + bad.start, end: startOffset + bad.end },
        found: `\`${image.slice(bad.start, bad.end)}\``,
        expected: ['`\\"`', '`\\\\`', '`\\n`', '`\\r`', '`\\t`', '`\\u{…}`'],
        context: 'string',
      });
    });
  }
  const at = image.search(control);
  if (at >= 0) {
    problems.push({
      code: 'bad-character',
      span: { file, start: startOffset + at, end: startOffset + at + 1 },
      found: describeCharacter(image.charCodeAt(at)),
      expected: ['an escape such as `\\n` or `\\u{1b}`'],
      context: 'string',
    });
  }
}

function problem(
  file: string,
  code: SyntaxProblem['code'],
  token: IToken,
  expected: readonly string[],
  context: string,
): SyntaxProblem {
  const span = { file, start: token.startOffset, end: tokenEnd(token) };
  return { code, span, found: quote(token.image), expected, context };
}

/** The image of a token for a message: short, and never with signs that a terminal would obey. */
export function quote(image: string): string {
  const short = image.length > 40 ? `${image.slice(0, 39)}…` : image;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const shown = short.replace(/[\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2066-\u2069\ufeff]/g, (sign) =>
    describeCharacter(sign.charCodeAt(0)),
  );
  return `\`${shown}\``;
}

function describeCharacter(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
