// Which policies are worth comparing: an index by schema, key and what their conditions look at, so that the work grows
// with the number of policies and not with that of their pairs.

import type { BooleanIr } from '../4-lower/ir.ts';
import { joined } from './conjuncts.ts';
import type { Formula, Literal } from './solve/formula.ts';
import type { Subject } from './subject.ts';

/** Others that one policy is compared with at most. What lies beyond is not claimed to be in order, only not looked at. */
const comparedMax = 24;
/** Sets of unknowns larger than this are compared with equal sets only. */
const subsetsOfMax = 4;

export class Rivals {
  readonly #places = new Map<string, Subject[]>();

  constructor(subjects: readonly Subject[]) {
    for (const subject of subjects) {
      const place = `${keyOf(subject)} ${unknownsOf(subject).join(',')}`;
      const list = this.#places.get(place);
      if (list === undefined) this.#places.set(place, [subject]);
      else list.push(subject);
    }
  }

  /** Policies whose condition may follow from that of `subject`: they look at nothing else than it does. */
  *mayFollow(subject: Subject): Generator<Subject> {
    const own = keyOf(subject);
    let left = comparedMax;
    for (const key of own === '' ? [''] : [own, '']) {
      for (const unknowns of subsets(unknownsOf(subject))) {
        for (const rival of this.#places.get(`${key} ${unknowns.join(',')}`) ?? []) {
          if (rival === subject) continue;
          yield rival;
          if (--left === 0) return;
        }
      }
    }
  }
}

const anyPart = (): boolean => true;

/** The only value of the key for which the policy can fire; empty when there may be several. */
export function keyOf(subject: Subject): string {
  const { where, when } = subject.ir;
  for (const part of [...(where === null ? [] : joined(where, 'and', anyPart)), ...joined(when, 'and', anyPart)]) {
    const is: BooleanIr = part;
    if (is.op === 'tag-is' && is.tag === -1) return String(is.value);
  }
  return '';
}

const unknownsBySubject = new WeakMap<Subject, readonly number[]>();

/** The unknowns that its condition has to know, in order. */
function unknownsOf(subject: Subject): readonly number[] {
  let unknowns = unknownsBySubject.get(subject);
  if (unknowns === undefined) {
    unknowns = unknownsIn(subject.met);
    unknownsBySubject.set(subject, unknowns);
  }
  return unknowns;
}

export function unknownsOfCondition(subject: Subject, condition: BooleanIr): readonly number[] {
  return unknownsIn([subject.formula(condition, 'true')]);
}

function unknownsIn(formulas: readonly Formula[]): readonly number[] {
  const found = new Set<number>();
  const open: Formula[] = [...formulas];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.op === 'literal') for (const variable of variablesOf(next.literal)) found.add(variable);
    else open.push(...next.parts);
  }
  return [...found].sort((left, right) => left - right);
}

function variablesOf(literal: Literal): readonly number[] {
  switch (literal.kind) {
    case 'bound':
    case 'known':
      return [literal.variable];
    case 'difference':
      return [literal.left, literal.right];
    default:
      return [];
  }
}

function subsets(unknowns: readonly number[]): readonly (readonly number[])[] {
  if (unknowns.length > subsetsOfMax) return [unknowns];
  const sets: (readonly number[])[] = [[]];
  for (const one of unknowns) sets.push(...sets.map((set) => [...set, one]));
  return sets;
}
