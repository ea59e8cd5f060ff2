// New texts out of old ones, by what the grammar says of both: tokens of one kind change places, expressions, items and
// declarations move from one program into another, numbers grow and vanish; and now and then a letter is simply wrong.

import type { IToken } from 'chevrotain';
import fc from 'fast-check';
import { functions } from '../../compiler/functions/index.ts';
import { parse } from '../../grammar/parser.ts';
import { lex, tokenEnd } from '../../grammar/tokens.ts';
import { type TreeNode, walk } from '../../grammar/walk.ts';
import { arbitraryExpression, arbitraryProgram } from '../support/arbitrary-program.ts';
import type { Chance } from './chance.ts';

const textLengthMax = 20_000;
const pooledMax = 4_000;
const pieceLengthMax = 400;

const numbers = ['0', '1', '-1', '0.5', '1e308', '1e-308', '999999999999', '0.1', '3', '100'];
const units = ['', '%', 'ms', 's', 'm', 'h', 'd', '/s', 'B', 'GiB', 'MB/s'];
const texts = ['""', '"*"', '"?"', '"eu"', '"Europe/Berlin"', '"__proto__"', '"a/b"', '"\\u{202e}"', '"é"'];
const windows = functions.filter((entry) => entry.window !== null).map((entry) => entry.name);
const letters = ['\u0000', '\u0007', '\ud800', 'а', '\u2028', '"', '\\', '{', '}', '(', ')', '[', ']', '\n', '//', ' '];

interface Piece {
  readonly start: number;
  readonly end: number;
  /** What may stand in its place. */
  readonly sort: string;
}

export class Mutator {
  readonly #chance: Chance;
  /** Pieces of the programs seen, by sort. */
  readonly #pool = new Map<string, string[]>();
  readonly #expressions: readonly string[];
  readonly #programs: readonly string[];

  constructor(chance: Chance) {
    this.#chance = chance;
    const seed = chance.below(2 ** 31);
    this.#expressions = fc.sample(arbitraryExpression, { numRuns: 500, seed });
    this.#programs = fc.sample(arbitraryProgram, { numRuns: 50, seed });
  }

  /** Takes the pieces of a program into the pool. */
  learn(text: string): void {
    for (const { start, end, sort } of piecesOf(text)) {
      if (end - start > pieceLengthMax) continue;
      const pool = this.#pool.get(sort) ?? [];
      this.#pool.set(sort, pool);
      if (pool.length < pooledMax) pool.push(text.slice(start, end));
      else pool[this.#chance.below(pooledMax)] = text.slice(start, end);
    }
  }

  mutate(text: string): string {
    let result = text;
    // One change leaves most programs sound, and what is sound goes furthest.
    for (let turns = 1 + Math.floor(this.#chance.below(10) / 7) * this.#chance.below(4); turns > 0; turns--)
      result = this.#once(result);
    return result.slice(0, textLengthMax);
  }

  #once(text: string): string {
    const kind = this.#chance.below(100);
    if (kind < 60) return this.#changePiece(text);
    if (kind < 74) return this.#renumber(text);
    if (kind < 84) return this.#changeToken(text);
    if (kind < 91) return this.#drop(text);
    if (kind < 95) return this.#double(text);
    return kind < 99 ? this.#insert(text, this.#chance.of(letters)) : `${text}\n${this.#chance.of(this.#programs)}`;
  }

  /** Another piece of the same sort, or one that goes around the old. */
  #changePiece(text: string): string {
    const pieces = piecesOf(text);
    if (pieces.length === 0) return this.#insert(text, this.#chance.of(this.#programs));
    const piece = this.#chance.of(pieces);
    const old = text.slice(piece.start, piece.end);
    const beside = pieces.filter((other) => other.sort === piece.sort);
    const near = this.#chance.of(beside);
    const pool = this.#pool.get(piece.sort) ?? [];
    const other =
      pool.length === 0 || this.#chance.below(2) === 0 ? text.slice(near.start, near.end) : this.#chance.of(pool);
    if (piece.sort === 'condition') return replace(text, piece, this.#chance.of(this.#conditions(old, other)));
    if (!isValue(piece.sort)) return replace(text, piece, this.#chance.below(2) === 0 ? other : `${old}\n${other}`);
    return replace(text, piece, this.#chance.of(this.#values(old, other)));
  }

  #conditions(old: string, other: string): readonly string[] {
    return [
      ...[other, other, other, `(${old})`, `not (${old})`],
      `(${old}) and (${other})`,
      `(${old}) or (${other})`,
      `(${old}) for ${this.#duration()}`,
      `(${old}) for ${1 + this.#chance.below(5)} of ${1 + this.#chance.below(9)}`,
      `(${old}) for ${this.#chance.below(101)}% of ${this.#duration()}`,
      `(${old}) within ${this.#duration()}`,
      `(${old}) then (${other}) within ${this.#duration()}`,
      `count(${old} over ${this.#duration()}) > ${this.#chance.below(5)}`,
      `count(${old} across instance) > ${this.#chance.below(5)}`,
      this.#chance.of(this.#expressions),
    ];
  }

  #values(old: string, other: string): readonly string[] {
    return [
      ...[other, other, other, other, `(${old})`, `-${old}`],
      ...[`${old} + ${other}`, `${old} - ${other}`, `${old} * ${other}`, `${old} / ${other}`],
      `${old} ago ${this.#duration()}`,
      `(${old} between ${other} and ${other})`,
      `(${old} in [${other}, ${other}])`,
      `${this.#chance.of(windows)}(${old} over ${this.#duration()})`,
      `${this.#chance.of(windows)}(${old} over ${this.#duration()} ago ${this.#duration()})`,
      `${this.#chance.of(windows)}(${old} across instance)`,
      this.#chance.of(this.#expressions),
    ];
  }

  #duration(): string {
    return `${this.#chance.below(100)}${this.#chance.of(['ms', 's', 'm', 'h', 'd'])}`;
  }

  /** Another token of the same kind from the same text, or any. */
  #changeToken(text: string): string {
    const { tokens } = lex(text);
    if (tokens.length === 0) return text;
    const token = this.#chance.of(tokens);
    const like = tokens.filter((other) => other.tokenType === token.tokenType && other.image !== token.image);
    const pick = like.length > 0 && this.#chance.below(3) > 0 ? this.#chance.of(like) : this.#chance.of(tokens);
    const image = token.image.startsWith('"') && this.#chance.below(4) === 0 ? this.#chance.of(texts) : pick.image;
    return replace(text, place(token), image);
  }

  #renumber(text: string): string {
    const tokens = lex(text).tokens.filter((token) => /^\d/.test(token.image));
    if (tokens.length === 0) return text;
    const token = this.#chance.of(tokens);
    const unit = this.#chance.below(3) === 0 ? this.#chance.of(units) : token.image.replace(/^[\d._]+/, '');
    return replace(text, place(token), `${this.#chance.of(numbers)}${unit}`);
  }

  #drop(text: string): string {
    if (this.#chance.below(2) === 0) {
      const { tokens } = lex(text);
      if (tokens.length > 0) return replace(text, place(this.#chance.of(tokens)), '');
    }
    const pieces = piecesOf(text);
    return pieces.length === 0 ? text : replace(text, this.#chance.of(pieces), '');
  }

  #double(text: string): string {
    const pieces = piecesOf(text).filter(({ start, end }) => end - start < pieceLengthMax);
    if (pieces.length === 0) return text;
    const { start, end } = this.#chance.of(pieces);
    return `${text.slice(0, end)}\n${text.slice(start)}`;
  }

  #insert(text: string, what: string): string {
    const at = this.#chance.below(text.length + 1);
    return text.slice(0, at) + what + text.slice(at);
  }
}

const conditionKinds: ReadonlySet<TreeNode['kind']> = new Set([
  ...(['boolean', 'not', 'comparison', 'logic', 'for', 'for-part', 'within', 'sequence'] as const),
  ...(['between', 'in', 'like'] as const),
]);
const valueKinds: ReadonlySet<TreeNode['kind']> = new Set(['reference', 'call', 'negate', 'arithmetic', 'ago']);

/** What may stand in the place of a node: a quantity only for one of its unit. */
function sortOf(node: TreeNode): string {
  if (conditionKinds.has(node.kind)) return 'condition';
  if (node.kind === 'quantity') return `quantity ${node.unit}`;
  return valueKinds.has(node.kind) ? 'value' : node.kind;
}

function isValue(sort: string): boolean {
  return sort === 'value' || sort.startsWith('quantity');
}

/** Places of a text that the grammar can name, whatever state the rest of it is in. */
function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const declaration of parse('fuzz.ddl', text).source.declarations) {
    walk(declaration, (node) => {
      const { start, end } = node.span;
      if (end > start && node.kind !== 'error') pieces.push({ start, end, sort: sortOf(node) });
    });
  }
  return pieces;
}

function place(token: IToken): Piece {
  return { start: token.startOffset, end: tokenEnd(token), sort: 'token' };
}

function replace(text: string, { start, end }: Piece, what: string): string {
  return text.slice(0, start) + what + text.slice(end);
}
