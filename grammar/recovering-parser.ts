// How mistakes are reported and how parsing goes on after one. A rule that meets a mistake throws; `attempt` reports it
// once; the loop over the items of a block then skips to where the next item, the end of the block or the next
// declaration begins. Tokens are never inserted or deleted to repair a text.

import {
  defaultParserErrorProvider,
  EmbeddedActionsParser,
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  isRecognitionException,
  MismatchedTokenException,
  type TokenType,
  tokenLabel,
  tokenMatcher,
} from 'chevrotain';
import type { Name, QuantityLiteral, Span, StringLiteral, SyntaxProblem } from './ast.ts';
import { Comments, isFirstOnLine } from './comments.ts';
import { quote, readNumber, readString } from './literals.ts';
import * as t from './tokens.ts';
import { contexts, type Expected, equality, oneOf, spellingOf } from './wording.ts';

/** Problems of one file; what lies behind is not read. */
export const problemsMax = 1_000;

const tooDeep = 'nested-too-deeply';

export const duration = oneOf('a duration such as `30s`');

export interface BlockRules<T> {
  /** The word that opened the block stands in a line indented by so many columns. */
  readonly column: number;
  readonly open: IToken | null;
  readonly context: string;
  /** Whether an item begins at the next token, which is the first of its line; asked only while skipping. */
  readonly startsItem: () => boolean;
  /** Whether the next token can only stand behind the block, whose `}` is therefore missing. */
  readonly endsBefore?: () => boolean;
  /** Whether an item may follow another on one line. */
  readonly continues?: () => boolean;
  /** `null`: the item could not be read; the mistake has been reported. */
  readonly parseItem: () => T | null;
}

const declarationWords = [
  t.SchemaWord,
  t.FleetWord,
  t.ActionWord,
  t.PolicyWord,
  t.TuneWord,
  t.TestWord,
  t.ConstWord,
  t.LetWord,
] as const;

const clauseWords = [t.On, t.When, t.Until, t.Do] as const;

export abstract class RecoveringParser extends EmbeddedActionsParser {
  protected file = '';
  protected text = '';
  protected comments: Comments = new Comments('', '', []);
  protected problems: SyntaxProblem[] = [];
  /** A mistake was reported and what follows it has not been skipped yet. */
  protected recovering = false;
  /** Parentheses and calls around what is being read. */
  protected nesting = 0;
  /** Braces that the item being read has opened. */
  protected itemBraces = 0;

  constructor() {
    // One token of lookahead, and gates where that is not enough: cheap to build, plain to follow.
    super(t.vocabulary, { recoveryEnabled: false, maxLookahead: 1, errorMessageProvider });
  }

  protected begin(file: string, text: string, tokens: IToken[], comments: Comments): void {
    this.input = tokens;
    this.file = file;
    this.text = text;
    this.comments = comments;
    this.problems = [];
    this.recovering = false;
    this.itemBraces = 0;
  }

  // ── Looking ahead

  protected next(ahead: number, type: TokenType): boolean {
    return tokenMatcher(this.LA(ahead), type);
  }

  protected atEnd(): boolean {
    return this.LA(1).tokenType === EOF;
  }

  protected firstOnLine(ahead: number): boolean {
    const token = this.LA(ahead);
    return token.tokenType === EOF || isFirstOnLine(this.text, token.startOffset);
  }

  /** Columns of blanks before the line of `token` begins to say something. */
  protected columnOf(token: IToken): number {
    const lineStart = this.text.lastIndexOf('\n', token.startOffset - 1) + 1;
    let column = 0;
    while (/[ \t]/.test(this.text.charAt(lineStart + column))) column++;
    return column;
  }

  /** A name and what may be its first argument stand here on one line. */
  protected startsProperty(): boolean {
    if (!this.next(1, t.Word) || this.firstOnLine(2)) return false;
    if (t.expressionWords.some((word) => this.next(2, word))) return false;
    return this.next(2, t.Text) || this.next(2, t.Quantity) || this.next(2, t.Word);
  }

  protected atDeclarationWord(): boolean {
    const { tokenType } = this.LA(1);
    return declarationWords.some((word) => word === tokenType);
  }

  protected atClauseWord(): boolean {
    return clauseWords.some((word) => this.next(1, word));
  }

  /** Nothing more on this line belongs to the clause that was read last. */
  protected atClauseEnd(): boolean {
    return this.firstOnLine(1) || this.next(1, t.RightBrace) || this.atClauseWord();
  }

  /** What belongs to a word on its line is not looked for on the next, where another item begins. */
  protected onSameLine(expected: Expected): void {
    if (this.firstOnLine(1)) this.fail(expected);
  }

  /** The head of a declaration begins here, and nothing that may stand in a block at this column looks like it. */
  protected startsDeclaration(column: number): boolean {
    if (!this.atDeclarationWord() || !this.firstOnLine(1)) return false;
    if (this.next(1, t.TestWord)) return this.next(2, t.Text) && this.next(3, t.LeftBrace);
    if (!this.next(2, t.Word)) return false;
    if (this.next(1, t.ActionWord)) return this.next(3, t.LeftParenthesis);
    if (this.next(1, t.ConstWord)) return this.next(3, t.Equals) && this.columnOf(this.LA(1)) <= column;
    if (this.next(1, t.TuneWord)) return this.next(3, t.Where);
    if (this.next(1, t.PolicyWord) && this.next(3, t.LeftParenthesis)) return true;
    return !this.next(1, t.LetWord) && this.next(3, t.LeftBrace);
  }

  // ── Leaves

  protected spanOf(token: IToken): Span {
    return { file: this.file, start: token.startOffset, end: t.tokenEnd(token) };
  }

  /** From the start of `start` to the end of the token read last. */
  protected spanFrom(start: IToken): Span {
    return { file: this.file, start: start.startOffset, end: Math.max(t.tokenEnd(start), this.lastEnd()) };
  }

  protected lastEnd(): number {
    const last = this.LA(0);
    return last.tokenType === EOF ? 0 : t.tokenEnd(last);
  }

  protected nameOf(token: IToken): Name {
    return { span: this.spanOf(token), text: token.image };
  }

  protected stringOf(token: IToken): StringLiteral {
    const value = readString(token.image, token.tokenType !== t.UnclosedString);
    return { kind: 'string', span: this.spanOf(token), value };
  }

  protected quantityOf(token: IToken): QuantityLiteral {
    const { value, unit, text } = readNumber(token.image);
    return { kind: 'quantity', span: this.spanOf(token), value, unit, text };
  }

  // ── Mistakes

  /** Stops the rule: something else than the next token was expected. Only called inside `ACTION`. */
  protected fail(expected: Expected): never {
    this.CONSUME9(t.Never, expected);
    throw new Error('a token of the type Never was consumed');
  }

  protected failTooDeep(): never {
    return this.fail({ ERR_MSG: tooDeep });
  }

  /** Runs a part of a rule. After a mistake in it, reports that and hands back `null`. */
  protected attempt<T>(part: () => T): T | null {
    this.nesting = 0;
    try {
      return part();
    } catch (error) {
      if (this.RECORDING_PHASE || !isRecognition(error)) throw error;
      const rule = error.context.ruleStack.findLast((name) => contexts.has(name));
      const context = contexts.get(rule ?? '') ?? 'file';
      const expected = error instanceof MismatchedTokenException ? error.message.split('\n') : [];
      if (error.message === tooDeep) this.report('nested-too-deeply', error.token, [], context);
      else this.reportUnexpected(error.token, expected, context);
      return null;
    }
  }

  protected reportUnexpected(token: IToken, expected: readonly string[], context: string): void {
    this.recovering = true;
    // An unclosed string has been reported; that it swallowed the rest of its line is no second mistake.
    if (token === this.LA(1) && this.LA(0).tokenType === t.UnclosedString) return;
    if (token.tokenType === t.UnclosedString) return;
    // Nor is it one that what was read as if `{` had been there begins with the token that stood in its place.
    if (this.problems.at(-1)?.span.start === this.startOf(token)) return;
    if (token.tokenType === t.Unreadable) this.report('bad-character', token, spellingOf(token.image), context);
    else this.report('unexpected-token', token, token.tokenType === t.Equals ? equality(expected) : expected, context);
  }

  private startOf(token: IToken): number {
    return token.tokenType === EOF ? this.text.length : token.startOffset;
  }

  protected report(
    code: SyntaxProblem['code'],
    token: IToken,
    expected: readonly string[],
    context: string,
    opened?: IToken,
  ): void {
    this.recovering = true;
    if (this.problems.length >= problemsMax) return;
    const atEnd = token.tokenType === EOF;
    const end = this.text.length;
    this.problems.push({
      code,
      span: atEnd ? { file: this.file, start: end, end } : this.spanOf(token),
      found: atEnd ? 'the end of the file' : quote(token.image),
      expected,
      context,
      ...(opened === undefined ? {} : { opened: this.spanOf(opened) }),
    });
  }

  // ── Blocks

  /**
   * Reads `{`. When it is missing, goes on behind the one that stands later on the line, or, when there is none, with
   * the next line as if it had been there.
   */
  protected openBlock(context: string): IToken | null {
    if (this.RECORDING_PHASE) return this.CONSUME(t.LeftBrace);
    if (!this.recovering) {
      if (this.next(1, t.LeftBrace)) return this.CONSUME(t.LeftBrace);
      this.reportUnexpected(this.LA(1), ['`{`'], context);
    }
    if (this.next(1, t.LeftBrace)) this.SKIP_TOKEN();
    else this.skipPastBrace();
    this.recovering = false;
    const last = this.LA(0);
    return last.tokenType === t.LeftBrace ? last : null;
  }

  private skipPastBrace(): void {
    while (!this.atEnd() && !this.firstOnLine(1)) {
      const token = this.LA(1);
      if (token.tokenType === t.RightBrace) break;
      this.SKIP_TOKEN();
      if (token.tokenType === t.LeftBrace) break;
    }
  }

  /** Reads items up to and including `}`. `complete` is false when one could not be read and is missing. */
  protected items<T>(block: BlockRules<T>): { readonly items: readonly T[]; readonly complete: boolean } {
    const items: T[] = [];
    if (this.RECORDING_PHASE) {
      this.MANY(block.parseItem);
      this.CONSUME(t.RightBrace);
      return { items, complete: true };
    }
    const outerBraces = this.itemBraces;
    let complete = true;
    for (;;) {
      if (this.next(1, t.RightBrace)) {
        this.SKIP_TOKEN();
        break;
      }
      if (this.atEnd() || this.endsUnclosed(block)) {
        this.reportUnclosed(block);
        complete = false;
        break;
      }
      this.itemBraces = 0;
      const start = this.LA(1).startOffset;
      const item = this.attempt(block.parseItem);
      if (item === null) complete = false;
      else items.push(item);
      if (!this.recovering) this.expectItemEnd(block);
      if (this.recovering) this.skipItem(block, start);
    }
    this.itemBraces = outerBraces;
    this.recovering = false;
    return { items, complete };
  }

  private endsUnclosed<T>(block: BlockRules<T>): boolean {
    if (!this.firstOnLine(1)) return false;
    return this.startsDeclaration(block.column) || block.endsBefore?.() === true;
  }

  private reportUnclosed<T>(block: BlockRules<T>): void {
    if (this.LA(0).tokenType === t.UnclosedString || block.open === null) return;
    this.report('unclosed-block', this.LA(1), ['`}`'], block.context, block.open);
  }

  private expectItemEnd<T>(block: BlockRules<T>): void {
    if (this.firstOnLine(1) || this.next(1, t.RightBrace) || block.continues?.() === true) return;
    this.reportUnexpected(this.LA(1), ['the end of the line'], block.context);
  }

  private skipItem<T>(block: BlockRules<T>, start: number): void {
    this.recovering = false;
    let braces = this.itemBraces;
    const itemStart = this.LA(1).startOffset === start ? null : start;
    if (this.problems.length >= problemsMax) this.skipAll();
    while (!this.atEnd()) {
      const token = this.LA(1);
      const first = this.firstOnLine(1);
      if (first && token.startOffset !== start) {
        if (this.endsUnclosed(block) || block.startsItem()) return;
      }
      if (token.tokenType === t.LeftBrace) braces++;
      if (token.tokenType === t.RightBrace) {
        if (first && this.columnOf(token) <= block.column) return;
        if (braces > 0) braces--;
        else if (first || !this.isStrayBrace(token, block.open, itemStart)) return;
      }
      this.SKIP_TOKEN();
    }
  }

  /** Skips to the next line that begins a declaration, over a whole block if one is met on the way. */
  protected skipToDeclaration(start: number): void {
    this.recovering = false;
    if (this.problems.length >= problemsMax) this.skipAll();
    let braces = 0;
    while (!this.atEnd()) {
      const token = this.LA(1);
      if (token.startOffset !== start) {
        if (braces === 0 ? this.atDeclarationWord() && this.firstOnLine(1) : this.startsDeclaration(0)) return;
      }
      if (token.tokenType === t.LeftBrace) braces++;
      this.SKIP_TOKEN();
      if (token.tokenType === t.RightBrace && --braces <= 0 && this.looksLikeDeclaration()) return;
      braces = Math.max(braces, 0);
    }
  }

  /**
   * A block of several lines is closed at the start of a line, or behind what is no item; a `}` that stands inside a
   * line, or at the end of the item with the mistake (`itemStart`), belongs to that.
   */
  private isStrayBrace(token: IToken, open: IToken | null, itemStart: number | null): boolean {
    const lineStart = this.text.lastIndexOf('\n', token.startOffset);
    if (open === null || lineStart < open.startOffset) return false;
    return !this.firstOnLine(2) || (itemStart !== null && itemStart > lineStart);
  }

  /** A misspelled declaration, to be reported by itself. */
  private looksLikeDeclaration(): boolean {
    return this.next(1, t.Word) && (this.next(2, t.Word) || this.next(2, t.Text)) && this.next(3, t.LeftBrace);
  }

  private skipAll(): void {
    while (!this.atEnd()) this.SKIP_TOKEN();
  }
}

const errorMessageProvider: IParserErrorMessageProvider = {
  ...defaultParserErrorProvider,
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
};

function isRecognition(error: unknown): error is IRecognitionException {
  return error instanceof Error && isRecognitionException(error);
}
