// Why a metric is unknown that an event did carry. Kept only while somebody asks for it, and of the newest events.

/** `no-value`: null, or flagged as "no recorded value". `not-finite`: NaN, infinite, or too large for its unit. */
export type UnknownReason = 'no-value' | 'not-finite';

const reasonsMax = 1_000_000;

export class UnknownValues {
  /** The oldest first. */
  readonly #reasons = new Map<string, UnknownReason>();

  note(event: number, slot: number, reason: UnknownReason): void {
    this.#reasons.set(`${event} ${slot}`, reason);
    if (this.#reasons.size <= reasonsMax) return;
    for (const oldest of this.#reasons.keys()) {
      this.#reasons.delete(oldest);
      return;
    }
  }

  /** Of the event with that number in its partition; `null` when it does not carry the metric at all. */
  reason(event: number, slot: number): UnknownReason | null {
    return this.#reasons.get(`${event} ${slot}`) ?? null;
  }
}
