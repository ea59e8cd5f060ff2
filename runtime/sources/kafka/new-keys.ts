// The keys that a session has had since one looked last: its dictionary grows at the end, so that nothing is done for
// an event.

import type { Session } from '../../evaluate/session.ts';

/** Looked at in one turn at most; the rest follows in the next. */
const keysPerLook = 5_000;

export class NewKeys {
  /** By lane: the session looked at, and how far by schema. */
  readonly #seen = new Map<string, { readonly session: Session; readonly counts: number[] }>();

  look(lane: string, session: Session, see: (schema: string, key: string) => void): void {
    let known = this.#seen.get(lane);
    if (known === undefined || known.session !== session) {
      // Keys that the program names are there before any event has brought them.
      known = { session, counts: session.intake.schemas.map(({ meta }) => meta.key.literals.length) };
      this.#seen.set(lane, known);
    }
    for (const { index, meta, keys } of session.intake.schemas) {
      const from = known.counts[index];
      const to = Math.min(keys.size, from + keysPerLook);
      for (let id = from; id < to; id++) see(meta.name, keys.value(id));
      known.counts[index] = Math.max(from, to);
    }
  }

  forget(lane: string): void {
    this.#seen.delete(lane);
  }
}
