// The port to how many members a fleet has. What can't be told is `null`, never a guess: nothing changes the size of a
// fleet whose size nobody knows.

export interface FleetSize {
  readonly members: number;
  /** When it was read, epoch ms. */
  readonly at: number;
  /** Members come or go at this moment. */
  readonly inTransition: boolean;
}

export interface Inventory {
  /**
   * The fleet's size, read at most `ageMaxMs` ago (0: read now); `null` when it can't be had. Never rejects. Those who
   * ask at one moment are answered by one call.
   */
  sizeOf(fleet: string, ageMaxMs?: number): Promise<FleetSize | null>;
  /** Why the last reading gave no size, for people; `null` when it did. */
  problemOf(fleet: string): string | null;
  /** The fleet has just been changed: what was read before is not told any more. */
  forget(fleet: string): void;
}

/** A size that is older decides nothing. */
export const sizeAgeMaxMs = 30_000;
