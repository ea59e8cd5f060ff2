// The life of an intent: an action that was admitted, from the promise to its end. The database holds the same table
// in a trigger; `test/ledger` compares the two.

export const intentStates = [
  'admitted',
  'executing',
  'succeeded',
  'failed',
  'unknown',
  'reconciled',
  'expired',
] as const;

export type IntentState = (typeof intentStates)[number];

/** Where an intent may go from each state; a state that leads nowhere is an end. */
export const intentTransitions: Readonly<Record<IntentState, readonly IntentState[]>> = {
  admitted: ['executing', 'expired'],
  executing: ['succeeded', 'failed', 'unknown'],
  unknown: ['reconciled', 'expired'],
  succeeded: [],
  failed: [],
  reconciled: [],
  expired: [],
};
