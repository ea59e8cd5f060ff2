// Whether literals can hold together: intervals and differences of unknowns (shortest paths), sets of tag values, known
// or not. Complete for these, silent about what products and propositions mean.

import type { BooleanIr, PolicyIr } from '../../4-lower/ir.ts';
import type { Literal, Mode } from './formula.ts';
import type { Variables } from './variables.ts';

export interface Interval {
  readonly low: number;
  readonly lowOpen: boolean;
  readonly high: number;
  readonly highOpen: boolean;
}

export interface TagState {
  /** `null`: any but those in `others`. */
  readonly value: number | null;
  readonly others: ReadonlySet<number>;
  readonly absent: boolean;
}

export interface Proposition {
  readonly ir: BooleanIr;
  readonly owner: PolicyIr;
  readonly modes: ReadonlySet<Mode>;
}

/** What the literals together say. */
export interface Conjunction {
  /** By unknown; those in none of the literals may have any value. */
  readonly intervals: ReadonlyMap<number, Interval>;
  /** Values that an unknown does not have. */
  readonly excluded: ReadonlyMap<number, ReadonlySet<number>>;
  readonly differences: readonly Difference[];
  readonly known: ReadonlyMap<number, boolean>;
  /** By position of the tag; −1 is the key. */
  readonly tags: ReadonlyMap<number, TagState>;
  readonly propositions: ReadonlyMap<string, Proposition>;
}

/** left − right ≤ limit, or < when `open`. */
export interface Difference {
  readonly left: number;
  readonly right: number;
  readonly limit: number;
  readonly open: boolean;
}

/** `null`: the literals contradict each other. */
export function conjunctionOf(literals: readonly Literal[], variables: Variables): Conjunction | null {
  const gathered = new Gathering(variables);
  for (const literal of literals) if (!gathered.take(literal)) return null;
  return gathered.tightened();
}

const anything: Interval = {
  low: Number.NEGATIVE_INFINITY,
  lowOpen: false,
  high: Number.POSITIVE_INFINITY,
  highOpen: false,
};

class Gathering implements Conjunction {
  readonly intervals = new Map<number, Interval>();
  readonly excluded = new Map<number, Set<number>>();
  readonly differences: Difference[] = [];
  readonly known = new Map<number, boolean>();
  readonly tags = new Map<number, TagState>();
  readonly propositions = new Map<string, Proposition>();
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** `false`: it contradicts what was taken before. */
  take(literal: Literal): boolean {
    switch (literal.kind) {
      case 'bound':
        return this.#bound(literal);
      case 'difference':
        return this.#difference(literal);
      case 'known':
        return this.#known(literal.variable, literal.known);
      case 'tag':
        return this.#tag(literal);
      case 'proposition':
        return this.#proposition(literal);
    }
  }

  #bound({ variable, comparator, value }: Extract<Literal, { kind: 'bound' }>): boolean {
    if (comparator === '!=') {
      const values = this.excluded.get(variable) ?? new Set();
      this.excluded.set(variable, values.add(value));
      this.#interval(variable);
      return true;
    }
    const upper = comparator === '<' || comparator === '<=' || comparator === '==';
    const lower = comparator === '>' || comparator === '>=' || comparator === '==';
    const narrowed = intersection(this.#interval(variable), {
      low: lower ? value : Number.NEGATIVE_INFINITY,
      lowOpen: comparator === '>',
      high: upper ? value : Number.POSITIVE_INFINITY,
      highOpen: comparator === '<',
    });
    this.intervals.set(variable, narrowed);
    return !isEmpty(narrowed);
  }

  #interval(variable: number): Interval {
    let interval = this.intervals.get(variable);
    if (interval === undefined) {
      const { least, most } = this.#variables.get(variable);
      interval = { ...anything, low: least, high: most };
      this.intervals.set(variable, interval);
    }
    return interval;
  }

  #difference({ left, right, comparator, value }: Extract<Literal, { kind: 'difference' }>): boolean {
    this.#interval(left);
    this.#interval(right);
    if (comparator === '<' || comparator === '<=' || comparator === '==')
      this.differences.push({ left, right, limit: value, open: comparator === '<' });
    if (comparator === '>' || comparator === '>=' || comparator === '==')
      this.differences.push({ left: right, right: left, limit: -value, open: comparator === '>' });
    return true;
  }

  #known(variable: number, known: boolean): boolean {
    const before = this.known.get(variable);
    this.known.set(variable, known);
    return before === undefined || before === known;
  }

  #tag({ tag, value, is }: Extract<Literal, { kind: 'tag' }>): boolean {
    const before = this.tags.get(tag);
    if (is === 'absent') {
      this.tags.set(tag, { value: null, others: new Set(), absent: true });
      return before === undefined || before.absent;
    }
    if (before?.absent === true) return false;
    const others = new Set(before?.others);
    if (is === 'other') others.add(value);
    const only = is === 'value' ? value : (before?.value ?? null);
    this.tags.set(tag, { value: only, others, absent: false });
    if (is === 'value' && before !== undefined && before.value !== null && before.value !== value) return false;
    return only === null ? this.#leavesValue(tag, others) : !others.has(only);
  }

  /** A closed set of values may be used up. */
  #leavesValue(tag: number, others: ReadonlySet<number>): boolean {
    const { schema } = this.#variables;
    const meta = tag < 0 ? schema.key : schema.tags[tag];
    if (meta === undefined || meta.values === null) return true;
    const excluded = new Set([...others].map((id) => meta.literals[id]));
    return meta.values.some((value) => !excluded.has(value));
  }

  #proposition({ identity, ir, owner, mode }: Extract<Literal, { kind: 'proposition' }>): boolean {
    const modes = new Set(this.propositions.get(identity)?.modes).add(mode);
    this.propositions.set(identity, { ir, owner, modes });
    const contradicts = (modes.has('true') && modes.has('not-true')) || (modes.has('false') && modes.has('not-false'));
    return !contradicts && !(modes.has('true') && modes.has('false'));
  }

  tightened(): Conjunction | null {
    if (this.differences.length > 0 && !this.#tighten()) return null;
    for (const [variable, values] of this.excluded) {
      const { low, high } = this.intervals.get(variable) ?? anything;
      if (low === high && values.has(low)) return null;
    }
    return this;
  }

  /** Shortest paths between the unknowns and zero. Source: Floyd and Warshall; Dill (1989), difference bounds. */
  #tighten(): boolean {
    const nodes = [...new Set(this.differences.flatMap(({ left, right }) => [left, right]))];
    const size = nodes.length + 1;
    const place = new Map(nodes.map((variable, index) => [variable, index + 1]));
    const limits: Limit[] = Array.from({ length: size * size }, () => unlimited);
    const narrow = (from: number, to: number, limit: Limit): void => {
      if (isTighter(limit, limits[from * size + to] as Limit)) limits[from * size + to] = limit;
    };
    for (const { left, right, limit, open } of this.differences)
      narrow(place.get(left) ?? 0, place.get(right) ?? 0, { limit, open });
    for (const [variable, index] of place) {
      const { low, lowOpen, high, highOpen } = this.#interval(variable);
      narrow(index, 0, { limit: high, open: highOpen });
      narrow(0, index, { limit: -low, open: lowOpen });
    }
    for (let middle = 0; middle < size; middle++)
      for (let from = 0; from < size; from++)
        for (let to = 0; to < size; to++) {
          const first = limits[from * size + middle] as Limit;
          const second = limits[middle * size + to] as Limit;
          narrow(from, to, { limit: first.limit + second.limit, open: first.open || second.open });
        }
    for (let at = 0; at < size; at++) {
      const circle = limits[at * size + at] as Limit;
      // The rounding of the sums is no contradiction.
      if (circle.limit < -1e-9 * scaleOf(limits) || (circle.limit === 0 && circle.open)) return false;
    }
    for (const [variable, index] of place) {
      const high = limits[index * size] as Limit;
      const low = limits[index] as Limit;
      this.intervals.set(variable, { low: -low.limit, lowOpen: low.open, high: high.limit, highOpen: high.open });
    }
    return true;
  }
}

interface Limit {
  readonly limit: number;
  readonly open: boolean;
}

const unlimited: Limit = { limit: Number.POSITIVE_INFINITY, open: false };

function isTighter(limit: Limit, than: Limit): boolean {
  return limit.limit < than.limit || (limit.limit === than.limit && limit.open && !than.open);
}

function scaleOf(limits: readonly Limit[]): number {
  return limits.reduce((most, { limit }) => (Number.isFinite(limit) ? Math.max(most, Math.abs(limit)) : most), 0);
}

function intersection(left: Interval, right: Interval): Interval {
  const low = Math.max(left.low, right.low);
  const high = Math.min(left.high, right.high);
  return {
    low,
    lowOpen: (left.low === low && left.lowOpen) || (right.low === low && right.lowOpen),
    high,
    highOpen: (left.high === high && left.highOpen) || (right.high === high && right.highOpen),
  };
}

export function isEmpty({ low, lowOpen, high, highOpen }: Interval): boolean {
  return low > high || (low === high && (lowOpen || highOpen));
}
