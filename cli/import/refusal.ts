// Why something could not be imported: what stands in the way, and the part of the original in which it does.

export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The kind of obstacle, the same for all that meet it: `a join of many series to one`. */
  readonly obstacle: string;
  /** The part of the original, as written; `null` when the obstacle is not a part of an expression. */
  readonly part: string | null;

  constructor(obstacle: string, part: string | null) {
    super(part === null ? obstacle : `${obstacle}: \`${part}\``);
    this.obstacle = obstacle;
    this.part = part;
  }
}
