// Why something could not be imported: what stands in the way, and the part of the original in which it does.

/** Characters of a part: to find it again, more is not needed. */
const partMax = 1000;

export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The kind of obstacle, the same for all that meet it: `a join of many series to one`. */
  readonly obstacle: string;
  /** The part of the original, as written; `null` when the obstacle is not a part of an expression. */
  readonly part: string | null;

  constructor(obstacle: string, part: string | null) {
    super(part === null ? obstacle : `${obstacle}: \`${part.length > partMax ? `${part.slice(0, partMax)}…` : part}\``);
    this.obstacle = obstacle;
    this.part = part;
  }
}
