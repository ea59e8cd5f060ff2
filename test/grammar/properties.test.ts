// What holds for every text: the parser never throws and always ends, and formatting keeps the tree and every comment.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParseResult } from '../../grammar/ast.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { lex } from '../../grammar/tokens.ts';
import { walk } from '../../grammar/walk.ts';
import {
  arbitraryBrokenProgram,
  arbitraryExpression,
  arbitraryProgram,
  arbitraryTokenSoup,
} from '../support/arbitrary-program.ts';

/** The tree without places and without the text. */
function shape(result: ParseResult): string {
  return JSON.stringify(result.source.declarations, (key, value) => (key === 'span' ? undefined : value));
}

function commentsOf(text: string): string[] {
  return lex(text)
    .comments.map((comment) => comment.image.trimEnd())
    .sort();
}

function checkPlaces(text: string, result: ParseResult): void {
  let last = -1;
  for (const { span, found, context } of result.problems) {
    expect(span.start).toBeGreaterThanOrEqual(last);
    expect(span.start).toBeLessThanOrEqual(span.end);
    expect(span.end).toBeLessThanOrEqual(text.length);
    expect(found).not.toBe('');
    expect(context).not.toBe('');
    last = span.start;
  }
  for (const declaration of result.source.declarations) {
    walk(declaration, (node) => {
      expect(node.span.start).toBeGreaterThanOrEqual(declaration.span.start);
      expect(node.span.end).toBeLessThanOrEqual(declaration.span.end);
      expect(node.span.start).toBeLessThanOrEqual(node.span.end);
    });
  }
}

describe('parse', () => {
  test('accepts every well-formed program', () => {
    fc.assert(
      fc.property(arbitraryProgram, (text) => {
        const result = parse('a.ddl', text);
        expect(result.problems).toEqual([]);
        checkPlaces(text, result);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['random strings', fc.string({ unit: 'binary', maxLength: 200 })],
    ['token soups', arbitraryTokenSoup],
    ['broken programs', arbitraryBrokenProgram],
  ])('never throws and always ends: %s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (text) => {
        const result = parse('a.ddl', text);
        checkPlaces(text, result);
        format(result.source);
      }),
      { numRuns: 500 },
    );
  });

  test('reports no place twice', () => {
    fc.assert(
      fc.property(arbitraryBrokenProgram, (text) => {
        const places = parse('a.ddl', text).problems.map(
          ({ code, span, opened }) => `${code} ${span.start} ${opened?.start}`,
        );
        expect(new Set(places).size).toBe(places.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('format', () => {
  test('keeps the tree, keeps every comment, and is done after one pass', () => {
    fc.assert(
      fc.property(arbitraryProgram, (text) => {
        const before = parse('a.ddl', text);
        const once = format(before.source);
        const after = parse('a.ddl', once);
        expect(after.problems).toEqual([]);
        expect(shape(after)).toBe(shape(before));
        expect(commentsOf(once)).toEqual(commentsOf(text));
        expect(format(after.source)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  test('writes no parentheses that the tree does not need, but those between `not` and what is held', () => {
    fc.assert(
      fc.property(arbitraryExpression, (expression) => {
        const text = format(parse('a.ddl', `const a = ${expression}`).source);
        const tree = shape(parse('a.ddl', text));
        for (const [at, { tokenType, startOffset }] of lex(text).tokens.entries()) {
          if (tokenType.name !== 'LeftParenthesis') continue;
          const close = closing(text, startOffset);
          const negated = lex(text).tokens[at - 1]?.image === 'not';
          if (negated && / (?:for|of|within) [^ ()]+$/.test(text.slice(startOffset, close))) continue;
          const without = `${text.slice(0, startOffset)} ${text.slice(startOffset + 1, close)} ${text.slice(close + 1)}`;
          const result = parse('a.ddl', without);
          expect(result.problems.length > 0 || shape(result) !== tree).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function closing(text: string, open: number): number {
  let depth = 0;
  for (const { image, startOffset } of lex(text).tokens) {
    if (startOffset < open) continue;
    if (image === '(') depth++;
    if (image === ')' && --depth === 0) return startOffset;
  }
  return text.length;
}
