// What an import made: files to write and the summary that is printed.

export interface RefusedRule {
  readonly name: string;
  /** What stands in the way, with the part of the original. */
  readonly reason: string;
  /** The kind of obstacle, for counting. */
  readonly obstacle: string;
}

export interface ImportResult {
  /** Texts by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly rules: number;
  readonly imported: number;
  readonly refused: readonly RefusedRule[];
}
