// One step of the ledger’s tables.

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Statements without parameters, each ended by a semicolon that ends its line; bodies between `$guard$`. */
  readonly sql: string;
}
