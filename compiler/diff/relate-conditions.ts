// Two conditions, part by part: which thresholds moved, which durations grew, what came and went. Structural: where the
// shape has changed beyond that, it says `different` rather than guess.

import { describeBoolean } from '../4-lower/describe.ts';
import type { BooleanIr, Comparator, NumberIr } from '../4-lower/ir.ts';
import type { MeaningText } from './meaning-text.ts';
import { byNumber, combined, negated, type Relation } from './relation.ts';

/** The smallest part that differs. `null`: there was, or is, none. */
export interface ConditionChange {
  readonly relation: Relation;
  readonly before: string | null;
  readonly after: string | null;
}

const mirrored = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
type Compare = Extract<BooleanIr, { op: 'compare' }>;

export function relateConditions(
  base: BooleanIr,
  head: BooleanIr,
  baseText: MeaningText,
  headText: MeaningText,
): readonly ConditionChange[] {
  const related = new Related(baseText, headText);
  related.boolean(base, head, true);
  return related.changes;
}

class Related {
  readonly changes: ConditionChange[] = [];
  readonly #base: MeaningText;
  readonly #head: MeaningText;

  constructor(base: MeaningText, head: MeaningText) {
    this.#base = base;
    this.#head = head;
  }

  /** `helps`: the part makes the whole true by being true. Changes are told as they move the whole. */
  boolean(base: BooleanIr, head: BooleanIr, helps: boolean): Relation {
    if (this.#same(base, head)) return 'same';
    if (base.op === 'and' || head.op === 'and') return this.#parts('and', base, head, helps);
    if (base.op === 'or' || head.op === 'or') return this.#parts('or', base, head, helps);
    if (base.op === 'not' && head.op === 'not') return negated(this.boolean(base.operand, head.operand, !helps));
    if (base.op === 'compare' && head.op === 'compare')
      return this.#told(this.#comparison(base, head), base, head, helps);
    if (base.op === 'for' && head.op === 'for')
      return this.#lasting(base, head, 'narrower', helps, [[base.condition, head.condition]]);
    if (base.op === 'within' && head.op === 'within')
      return this.#lasting(base, head, 'wider', helps, [[base.condition, head.condition]]);
    if (base.op === 'sequence' && head.op === 'sequence') {
      const parts = [
        [base.first, head.first],
        [base.second, head.second],
      ] as const;
      return this.#lasting(base, head, 'wider', helps, parts);
    }
    if (base.op === 'missing-for' && head.op === 'missing-for' && this.#sameSlot(base.slot, head.slot))
      return this.#told(byNumber(base.durationMs, head.durationMs, 'narrower'), base, head, helps);
    // What must hold for some time holds less often than what need not.
    if (head.op === 'for' && this.#same(base, head.condition)) return this.#told('narrower', base, head, helps);
    if (base.op === 'for' && this.#same(base.condition, head)) return this.#told('wider', base, head, helps);
    return this.#told('different', base, head, helps);
  }

  #same(base: BooleanIr | NumberIr, head: BooleanIr | NumberIr): boolean {
    return this.#base.of(base) === this.#head.of(head);
  }

  #sameSlot(base: number, head: number): boolean {
    return this.#same({ op: 'metric', slot: base }, { op: 'metric', slot: head });
  }

  #lasting(
    base: BooleanIr & { readonly durationMs: number },
    head: BooleanIr & { readonly durationMs: number },
    longer: 'wider' | 'narrower',
    helps: boolean,
    parts: readonly (readonly [BooleanIr, BooleanIr])[],
  ): Relation {
    const duration = byNumber(base.durationMs, head.durationMs, longer);
    if (duration !== 'same') {
      // One line tells the duration and whatever else changed below it.
      const quiet = new Related(this.#base, this.#head);
      const inner = parts.map(([before, after]) => quiet.boolean(before, after, helps));
      return this.#told(combined([duration, ...inner]), base, head, helps);
    }
    return combined(parts.map(([before, after]) => this.boolean(before, after, helps)));
  }

  #parts(op: 'and' | 'or', base: BooleanIr, head: BooleanIr, helps: boolean): Relation {
    const [gone, come] = this.#unmatched(operandsOf(op, base), operandsOf(op, head));
    // What is left over is compared in order: most often one part was edited.
    const edited = Math.min(gone.length, come.length);
    const pairs: Relation[] = [];
    for (let at = 0; at < edited; at++) {
      const before = gone[at];
      const after = come[at];
      if (before !== undefined && after !== undefined) pairs.push(this.boolean(before, after, helps));
    }
    const removed = op === 'and' ? 'wider' : 'narrower';
    const rest = [
      ...gone.slice(edited).map((part) => this.#told(removed, part, null, helps)),
      ...come.slice(edited).map((part) => this.#told(negated(removed), null, part, helps)),
    ];
    return combined([...pairs, ...rest]);
  }

  /** Parts of one side that the other has not. */
  #unmatched(
    base: readonly BooleanIr[],
    head: readonly BooleanIr[],
  ): readonly [readonly BooleanIr[], readonly BooleanIr[]] {
    const left = new Map<string, BooleanIr[]>();
    for (const part of base) {
      const text = this.#base.of(part);
      left.set(text, [...(left.get(text) ?? []), part]);
    }
    const come = head.filter((part) => left.get(this.#head.of(part))?.pop() === undefined);
    const rest = new Set([...left.values()].flat());
    return [base.filter((part) => rest.has(part)), come];
  }

  #comparison(base: Compare, head: Compare): Relation {
    const [from, to] = [numberLast(base), numberLast(head)];
    const thresholds = this.#thresholds(from.right, to.right);
    if (thresholds === null || !this.#same(from.left, to.left)) return 'different';
    const before = direction(from.comparator);
    const after = direction(to.comparator);
    if (before === 0 || after === 0) return 'different';
    if (before !== after) return 'opposite';
    const moved = combined(thresholds.map(([was, is]) => byNumber(was, is, before > 0 ? 'narrower' : 'wider')));
    const inclusive = byNumber(from.comparator.length, to.comparator.length, 'wider');
    // At another threshold the bound itself no longer matters.
    return moved === 'same' ? inclusive : moved;
  }

  /** What is compared with before and after, for every key and tag that a parameter tells apart; `null`: no numbers. */
  #thresholds(base: NumberIr, head: NumberIr): readonly (readonly [number, number])[] | null {
    const before = valuesOf(base);
    const after = valuesOf(head);
    if (before === null || after === null) return null;
    const cases = (side: MeaningText, ir: NumberIr): string =>
      ir.op === 'choose' ? side.of(ir.cases.map((choice) => choice.when)) : '';
    if (cases(this.#base, base) === cases(this.#head, head)) return before.map((was, at) => [was, after[at] ?? was]);
    // Who gets which is not compared: it must be so for whichever.
    return before.flatMap((was) => after.map((is) => [was, is] as const));
  }

  #told(relation: Relation, base: BooleanIr | null, head: BooleanIr | null, helps: boolean): Relation {
    const text = (side: MeaningText, part: BooleanIr | null): string | null =>
      part === null ? null : describeBoolean(part, side.policy, side.schema);
    if (relation !== 'same')
      this.changes.push({
        relation: helps ? relation : negated(relation),
        before: text(this.#base, base),
        after: text(this.#head, head),
      });
    return relation;
  }
}

/** The number, or the numbers of a parameter; `null` for anything that is measured. */
function valuesOf(ir: NumberIr): readonly number[] | null {
  if (ir.op === 'number') return [ir.value];
  if (ir.op !== 'choose') return null;
  const values = [...ir.cases.map((choice) => choice.value), ir.otherwise];
  return values.every((value) => value.op === 'number') ? values.map((value) => value.value) : null;
}

function operandsOf(op: 'and' | 'or', ir: BooleanIr): readonly BooleanIr[] {
  return ir.op === op ? ir.operands : [ir];
}

/** `500ms < latency` as `latency > 500ms`. */
function numberLast(ir: Compare): {
  readonly comparator: Comparator;
  readonly left: NumberIr;
  readonly right: NumberIr;
} {
  if (valuesOf(ir.left) === null) return ir;
  return { comparator: mirrored[ir.comparator], left: ir.right, right: ir.left };
}

/** 1: holds above a threshold. −1: below. 0: neither. */
function direction(comparator: Comparator): number {
  if (comparator === '>' || comparator === '>=') return 1;
  return comparator === '<' || comparator === '<=' ? -1 : 0;
}
