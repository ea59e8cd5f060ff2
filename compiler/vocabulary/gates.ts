// The words by which a test names the gate that stops a decision (`expect blocked by cooldown at 95s`).

export interface GateEntry {
  /** As written in a test. */
  readonly word: string;
  /** As it stands in a decision. */
  readonly gate: string;
  readonly doc: string;
}

export const gates: readonly GateEntry[] = [
  { word: 'stale', gate: 'stale', doc: 'the event is older than the policy’s `max_age`' },
  {
    word: 'unknown_target',
    gate: 'unknown-target',
    doc: 'no fleet is declared for the value that `fleet of TAG` looks up',
  },
  { word: 'cooldown', gate: 'cooldown', doc: 'the policy acted for this key less than its `cooldown` ago' },
  { word: 'limit', gate: 'limit', doc: 'the policy’s `limit` for this key is used up' },
  { word: 'budget', gate: 'budget', doc: 'the fleet’s `change at most` is used up' },
];

export const gateByWord: ReadonlyMap<string, GateEntry> = new Map(gates.map((entry) => [entry.word, entry]));
