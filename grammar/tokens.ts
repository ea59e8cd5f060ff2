// The words and signs of the language, as Chevrotain token types, and the lexer over them.
// Lexing never fails: what belongs to no token becomes `Unreadable`, a string without its end becomes `UnclosedString`.

import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';

/** Any word that may name something: identifiers and all words that mean something only at their place. */
export const Word = createToken({ name: 'Word', pattern: Lexer.NA, label: 'a name' });
/** Complete and unclosed strings: an unclosed one has been reported and counts as a string from then on. */
export const Text = createToken({ name: 'Text', pattern: Lexer.NA, label: 'a string such as `"text"`' });
export const BinaryOperator = createToken({ name: 'BinaryOperator', pattern: Lexer.NA, label: 'an operator' });

// Letters of other scripts are taken into the word, so that one wrong letter is one mistake and not three.
const foreign =
  '\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u2c00-\\u2dff\\u3040-\\ud7ff\\uf900-\\ufaff';
const Identifier = createToken({
  name: 'Identifier',
  pattern: new RegExp(`[A-Za-z_${foreign}][A-Za-z0-9_${foreign}]*`),
  categories: [Word],
  label: 'a name',
});

/** A word that keeps its ordinary meaning as a name wherever the grammar does not ask for it. */
function contextual(image: string, categories: TokenType[] = []): TokenType {
  return createToken({
    name: `Word:${image}`,
    pattern: image,
    longer_alt: Identifier,
    categories: [Word, ...categories],
    label: `\`${image}\``,
  });
}

/** A word that could continue an expression or begin a clause after one, and so can't be a name. */
function reserved(image: string, categories: TokenType[] = []): TokenType {
  return createToken({
    name: `Reserved:${image}`,
    pattern: image,
    longer_alt: Identifier,
    categories,
    label: `\`${image}\``,
  });
}

function sign(name: string, pattern: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, pattern, categories, label: `\`${pattern}\`` });
}

export const SchemaWord = contextual('schema');
export const FleetWord = contextual('fleet');
export const ActionWord = contextual('action');
export const PolicyWord = contextual('policy');
export const TestWord = contextual('test');
export const ConstWord = contextual('const');
export const LetWord = contextual('let');
export const KeyWord = contextual('key');
export const TagWord = contextual('tag');
export const MetricWord = contextual('metric');
export const EveryWord = contextual('every');
export const StaleWord = contextual('stale');
export const AfterWord = contextual('after');
export const LatenessWord = contextual('lateness');
export const FromWord = contextual('from');
export const InWord = contextual('in', [BinaryOperator]);
export const OptionalWord = contextual('optional');
export const HoldWord = contextual('hold');
export const ViaWord = contextual('via');
export const OfWord = contextual('of');
export const GivenWord = contextual('given');
export const ExpectWord = contextual('expect');
export const NothingWord = contextual('nothing');
export const ElseWord = contextual('else');
export const BlockedWord = contextual('blocked');
export const ByWord = contextual('by');
export const RearmedWord = contextual('rearmed');
export const AtWord = contextual('at');
export const ArrivingWord = contextual('arriving');
export const LateWord = contextual('late');
export const NaNWord = contextual('NaN');
export const AbsentWord = contextual('absent');
export const ToWord = contextual('to');
export const TuneWord = contextual('tune');
export const MissingWord = contextual('missing');
export const ActiveWord = contextual('active');
export const InactiveWord = contextual('inactive');
export const AlwaysWord = contextual('always');
export const WithoutWord = contextual('without');
export const MostWord = contextual('most');
export const BetweenWord = contextual('between', [BinaryOperator]);
export const LikeWord = contextual('like', [BinaryOperator]);
export const ThenWord = contextual('then', [BinaryOperator]);
export const WithinWord = contextual('within');
export const AgoWord = contextual('ago');
export const AcrossWord = contextual('across');
/** Behind a name they go on with an expression. */
export const expressionWords: readonly TokenType[] = [
  InWord,
  BetweenWord,
  LikeWord,
  ThenWord,
  WithinWord,
  AgoWord,
  AcrossWord,
];

export const And = reserved('and', [BinaryOperator]);
export const Or = reserved('or', [BinaryOperator]);
export const Not = reserved('not');
export const True = reserved('true');
export const False = reserved('false');
export const For = reserved('for');
export const Over = reserved('over');
export const Until = reserved('until');
export const When = reserved('when');
export const On = reserved('on');
export const Where = reserved('where');
export const Do = reserved('do');

export const EqualEqual = sign('EqualEqual', '==', [BinaryOperator]);
export const NotEqual = sign('NotEqual', '!=', [BinaryOperator]);
export const LessEqual = sign('LessEqual', '<=', [BinaryOperator]);
export const GreaterEqual = sign('GreaterEqual', '>=', [BinaryOperator]);
export const Less = sign('Less', '<', [BinaryOperator]);
export const Greater = sign('Greater', '>', [BinaryOperator]);
export const Plus = sign('Plus', '+', [BinaryOperator]);
export const Minus = sign('Minus', '-', [BinaryOperator]);
export const Star = sign('Star', '*', [BinaryOperator]);
export const Slash = sign('Slash', '/', [BinaryOperator]);
export const Equals = sign('Equals', '=');
export const Colon = sign('Colon', ':');
export const Comma = sign('Comma', ',');
export const Pipe = sign('Pipe', '|');
export const DotDot = sign('DotDot', '..');
export const LeftParenthesis = sign('LeftParenthesis', '(');
export const RightParenthesis = sign('RightParenthesis', ')');
export const LeftBrace = sign('LeftBrace', '{');
export const RightBrace = sign('RightBrace', '}');
export const LeftBracket = sign('LeftBracket', '[');
export const RightBracket = sign('RightBracket', ']');

/**
 * A number and what directly follows it as its unit. Takes more than is right (`1__0`, `1.2.3`, `.5`): whether the
 * number is well-formed is told by `literals.ts`, so that a wrong one is one mistake.
 */
export const Quantity = createToken({
  name: 'Quantity',
  pattern:
    /(?:\d[\d_]*(?:\.\d[\d_]*)*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?(?:%|[A-Za-z\u00b5\u03bc][A-Za-z0-9_\u00b5\u03bc]*)?(?:\/[smhd](?![A-Za-z0-9_]))?/,
  label: 'a number such as `5` or `30s`',
});

const ClosedString = createToken({
  name: 'ClosedString',
  pattern: { exec: matchString },
  start_chars_hint: ['"'],
  line_breaks: false,
  categories: [Text],
  label: 'a string such as `"text"`',
});
export const UnclosedString = createToken({ name: 'UnclosedString', pattern: /"[^\r\n]*/, categories: [Text] });

/** What is a sign of other languages, or of none. `'…'` is taken whole. */
export const Unreadable = createToken({
  name: 'Unreadable',
  pattern:
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are among what can't be read
    /'[^'\r\n]*'?|&&|\|\||=>|<>|[\u0000-\u0008\u000e-\u001f\u007f-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u2bff\u2e00-\u303f\ud800-\uf8ff\ufb00-\ufefe\uff00-\uffff]+|!(?!=)|[#$%&.;?@\\^`~]/,
  label: 'nothing',
});

const Blank = createToken({ name: 'Blank', pattern: /[ \t\r\n\f\v\ufeff]+/, group: Lexer.SKIPPED, line_breaks: true });
const LineComment = createToken({ name: 'LineComment', pattern: /\/\/[^\r\n]*/, group: 'comments' });
/** A comment of other languages: a mistake, and no more than that one. Without its end it takes the rest of the file. */
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*(?:[\s\S]*?\*\/|[\s\S]*)/,
  group: 'blockComments',
  line_breaks: true,
});

/** Matches no input: consuming it is how a rule reports what it expected. */
export const Never = createToken({ name: 'Never', pattern: Lexer.NA });

const words: TokenType[] = [
  // Before `in`, with which it begins.
  InactiveWord,
  ...[SchemaWord, FleetWord, ActionWord, PolicyWord, TestWord, ConstWord, LetWord],
  ...[KeyWord, TagWord, MetricWord, EveryWord, StaleWord, AfterWord, LatenessWord, FromWord, InWord, OptionalWord],
  ...[HoldWord, ViaWord, OfWord, GivenWord, ExpectWord, NothingWord, ElseWord, BlockedWord, ByWord, AtWord],
  RearmedWord,
  ...[
    ArrivingWord,
    LateWord,
    NaNWord,
    AbsentWord,
    ToWord,
    TuneWord,
    MissingWord,
    ActiveWord,
    AlwaysWord,
    WithoutWord,
    MostWord,
  ],
  ...[BetweenWord, LikeWord, ThenWord, WithinWord, AgoWord, AcrossWord],
  ...[And, Or, Not, True, False, For, Over, Until, When, On, Where, Do],
];

/** In order of precedence: the first that matches is taken. */
const lexed: TokenType[] = [
  Blank,
  LineComment,
  BlockComment,
  ClosedString,
  UnclosedString,
  DotDot,
  Quantity,
  ...words,
  Identifier,
  // Before the signs: `&&`, `||`, `=>` and `<>` are one mistake each.
  Unreadable,
  ...[EqualEqual, NotEqual, LessEqual, GreaterEqual, Less, Greater, Plus, Minus, Star, Slash, Equals],
  ...[Colon, Comma, Pipe, LeftParenthesis, RightParenthesis, LeftBrace, RightBrace],
  ...[LeftBracket, RightBracket],
];

export const vocabulary: TokenType[] = [Word, Text, BinaryOperator, Never, ...lexed];

export interface LexedText {
  readonly tokens: IToken[];
  /** `//` and `///`, in order. */
  readonly comments: readonly IToken[];
  /** What other languages take for a comment. */
  readonly blockComments: readonly IToken[];
}

let lexer: Lexer | null = null;

/** Splits a text into tokens and comments, each with its offset. */
export function lex(text: string): LexedText {
  lexer ??= new Lexer(lexed, { positionTracking: 'onlyOffset', ensureOptimizations: true });
  const result = lexer.tokenize(text);
  const { comments = [], blockComments = [] } = result.groups as { readonly [group: string]: IToken[] };
  return { tokens: result.tokens, comments, blockComments };
}

export function tokenEnd(token: IToken): number {
  return token.startOffset + token.image.length;
}

// By hand, because a regular expression with an alternative inside a repetition needs stack for every character.
function matchString(text: string, offset: number): RegExpExecArray | null {
  for (let at = offset + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return [text.slice(offset, at + 1)] as unknown as RegExpExecArray;
    if (code === 0x0a || code === 0x0d) return null;
    if (code === 0x5c) {
      const escaped = text.charCodeAt(at + 1);
      if (escaped !== 0x0a && escaped !== 0x0d) at++;
    }
  }
  return null;
}
