// How a condition or setting of the head relates to that of the base, by when policies act.

/**
 * `wider`: whenever the base acted the head does, and perhaps more often. `narrower`: the other way round. `different`:
 * neither can be shown. `opposite`: the head acts on the other side of a threshold, or the other way.
 */
export type Relation = 'same' | 'wider' | 'narrower' | 'different' | 'opposite';

const reversed = {
  same: 'same',
  wider: 'narrower',
  narrower: 'wider',
  different: 'different',
  opposite: 'opposite',
} as const;

/** That of the negations. */
export function negated(relation: Relation): Relation {
  return reversed[relation];
}

/** Of a whole that holds more often the more often its parts do. */
export function combined(relations: readonly Relation[]): Relation {
  const kinds = new Set(relations.filter((relation) => relation !== 'same'));
  if (kinds.has('opposite')) return 'opposite';
  if (kinds.size === 0) return 'same';
  const [only = 'different'] = kinds;
  return kinds.size === 1 ? only : 'different';
}

/** `more`: what a greater number does. */
export function byNumber(base: number, head: number, more: 'wider' | 'narrower'): Relation {
  if (base === head) return 'same';
  return head > base ? more : reversed[more];
}
