// What can be wrong with the place where the ledger lives, said once so that a person can act: what, where, what to do.

export type LedgerProblemCode =
  | 'not-a-folder'
  | 'read-only'
  | 'no-permission'
  | 'no-space'
  | 'in-use'
  | 'damaged'
  | 'newer-version'
  | 'unreachable'
  | 'unusable';

export class LedgerProblem extends Error {
  override readonly name = 'LedgerProblem';
  readonly code: LedgerProblemCode;

  /** `message` is the whole text for people. `cause` is what the system said. */
  constructor(code: LedgerProblemCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A row that the ledger will never take, however often it is tried; everything beside it has been written. */
export class LedgerRejected extends Error {
  override readonly name = 'LedgerRejected';
}

/** The ledger was closed before this could be written. */
export class LedgerClosed extends Error {
  override readonly name = 'LedgerClosed';
}

/** The message of anything that was thrown, on one line and bounded. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
