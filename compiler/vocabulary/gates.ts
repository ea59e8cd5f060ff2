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
  {
    word: 'inventory',
    gate: 'inventory',
    doc: 'the fleet’s members are not known, not counted lately, none, or at the bound of its `size` already',
  },
  {
    word: 'settling',
    gate: 'settling',
    doc: 'the fleet’s members come or go, or whoever acted on it last did so less than its `settle` ago',
  },
  { word: 'cooldown', gate: 'cooldown', doc: 'the policy acted for this key less than its `cooldown` ago' },
  { word: 'limit', gate: 'limit', doc: 'the policy’s `limit` for this key is used up' },
  { word: 'budget', gate: 'budget', doc: 'the fleet’s `change at most` is used up, by whichever policies' },
  {
    word: 'opposite',
    gate: 'opposite',
    doc: 'the fleet was scaled the other way by a policy that is as important, and not long ago',
  },
  { word: 'busy', gate: 'busy', doc: 'another action on the fleet is under way; with `busy wait` the decision waits' },
  { word: 'paused', gate: 'paused', doc: 'someone pulled the kill switch or paused it' },
  { word: 'silenced', gate: 'silenced', doc: 'a silence or a maintenance window is about it' },
  { word: 'overtime', gate: 'overtime', doc: 'the engine took too long from the event to the proposal' },
  {
    word: 'unavailable',
    gate: 'unavailable',
    doc: 'the gates can’t be asked, or lost what they knew; nothing acts until they know again',
  },
];

export const gateByWord: ReadonlyMap<string, GateEntry> = new Map(gates.map((entry) => [entry.word, entry]));
