// What happened in a run of several engines, from the ledger's rows and the provider's calls, and the promises that it
// is held to. A broken promise is a sentence; none means that all were kept.

import type { ProviderCall } from './fleet-provider.ts';

export interface AuditedDecision {
  readonly id: string;
  readonly policy: string;
  readonly key: string;
  /** Event time, epoch ms. */
  readonly at: number;
  readonly outcome: string;
  readonly gate: string | null;
  /** As planned, in order. */
  readonly actions: readonly { readonly name: string; readonly target: string | null }[];
}

export interface RecordedIntent {
  readonly decisionId: string;
  readonly ordinal: number;
  readonly action: string;
  readonly target: string | null;
  readonly state: string;
  /** Epoch ms of the last change of its state. */
  readonly changedAt: number;
}

export interface History {
  /** Ids that the interpreter found, with what to call them. */
  readonly expected: ReadonlyMap<string, { readonly policy: string; readonly key: string; readonly at: number }>;
  readonly decisions: readonly AuditedDecision[];
  readonly intents: readonly RecordedIntent[];
  readonly calls: readonly ProviderCall[];
  /** Idempotency keys of what people were told. */
  readonly told: ReadonlySet<string>;
  /** Members by fleet before the first call. */
  readonly initial: ReadonlyMap<string, number>;
  /** The fleets' budget: so great a share, in any stretch of so long. */
  readonly budget: { readonly share: number; readonly perMs: number };
}

export const terminalStates: readonly string[] = ['succeeded', 'failed', 'reconciled', 'expired'];

/** So much later a call may be seen than it was sent, or an end be written than it was known, on a busy machine. */
const graceMs = 2_000;

type Law = (history: History) => Iterable<string>;

const laws: readonly Law[] = [
  decidedExactlyOnce,
  intendedExactlyOnce,
  intentsEnd,
  callsHaveIntents,
  doneOnce,
  statesAreTrue,
  peopleAreTold,
  nothingAfterTheEnd,
  oneAtATime,
  sizesFollow,
  budgetHolds,
];

/** Every broken promise. */
export function brokenPromises(history: History): readonly string[] {
  return laws.flatMap((law) => [...law(history)]);
}

/** Every expected decision is in the audit, once, and no other. */
function* decidedExactlyOnce({ expected, decisions }: History): Iterable<string> {
  const found = countBy(decisions, ({ id }) => id);
  for (const [id, { policy, key, at }] of expected)
    if (!found.has(id)) yield `decision ${id} (${policy} for ${key} at ${new Date(at).toISOString()}) is missing`;
  for (const [id, count] of found) if (count > 1) yield `decision ${id} is in the audit ${count} times`;
  for (const { id, policy, key, at } of decisions)
    if (!expected.has(id))
      yield `decision ${id} (${policy} for ${key} at ${new Date(at).toISOString()}) was not expected`;
}

/** An admitted decision has an intent for each of its actions, any other has none. */
function* intendedExactlyOnce({ decisions, intents }: History): Iterable<string> {
  const found = countBy(intents, nameOf);
  for (const [name, count] of found) if (count > 1) yield `intent ${name} is there ${count} times`;
  for (const { id, outcome, actions } of decisions)
    for (const ordinal of actions.keys()) {
      const name = `${id}-${ordinal}`;
      if (outcome === 'admitted' && !found.has(name)) yield `decision ${id} was admitted and has no intent ${ordinal}`;
      if (outcome !== 'admitted' && found.has(name)) yield `decision ${id} was ${outcome} and has intent ${ordinal}`;
    }
}

function* intentsEnd({ intents }: History): Iterable<string> {
  for (const intent of intents)
    if (!terminalStates.includes(intent.state)) yield `intent ${nameOf(intent)} was left ${intent.state}`;
}

/** No call without an intent that is of the call's action and fleet. */
function* callsHaveIntents({ intents, calls }: History): Iterable<string> {
  const byName = new Map(intents.map((intent) => [nameOf(intent), intent]));
  for (const { idempotencyKey, decisionId, fleet, action } of calls) {
    const intent = byName.get(idempotencyKey);
    if (intent === undefined) yield `call ${idempotencyKey} has no intent`;
    else if (intent.decisionId !== decisionId || intent.target !== fleet || intent.action !== action)
      yield `call ${idempotencyKey} is ${action} of ${fleet} for ${decisionId}, its intent ${intent.action} of ${intent.target}`;
  }
}

/** One key asks for one thing always; it is done once; and no action of a decision is done under two keys. */
function* doneOnce({ calls }: History): Iterable<string> {
  for (const [key, group] of groupBy(calls, ({ idempotencyKey }) => idempotencyKey)) {
    if (new Set(group.map(({ body }) => body)).size > 1) yield `calls ${key} ask for different things`;
    const done = group.filter(({ appliedAt }) => appliedAt !== null);
    if (done.length > 1) yield `call ${key} was done ${done.length} times`;
  }
  const done = calls.filter(({ appliedAt }) => appliedAt !== null);
  for (const [what, group] of groupBy(
    done,
    ({ decisionId, action, fleet }) => `${action} of ${fleet} for ${decisionId}`,
  ))
    if (group.length > 1) yield `${what} was done ${group.length} times`;
}

/** What the ledger says became of an action is what became of it. */
function* statesAreTrue({ intents, calls }: History): Iterable<string> {
  const byKey = groupBy(calls, ({ idempotencyKey }) => idempotencyKey);
  for (const intent of intents) {
    if (intent.action === 'notify') continue;
    const own = byKey.get(nameOf(intent)) ?? [];
    const done = own.some(({ appliedAt }) => appliedAt !== null);
    if (intent.state === 'succeeded' && !done) yield `intent ${nameOf(intent)} succeeded, and nothing was done`;
    if (intent.state === 'failed' && done) yield `intent ${nameOf(intent)} failed, and it was done`;
  }
}

/** People hear of what the ledger says they were told of, of what was decided and not done, and of nothing else. */
function* peopleAreTold(history: History): Iterable<string> {
  const { told } = history;
  const reasons = reasonsToTell(history);
  for (const [key, what] of reasons) if (what !== null && !told.has(key)) yield `nobody was told that ${what}`;
  for (const key of told) if (!reasons.has(key)) yield `people were told ${key}, for which there is no reason`;
}

/** Of what people have yet to hear. */
export function untold(history: History): readonly string[] {
  return [...reasonsToTell(history)].flatMap(([key, what]) => (what === null || history.told.has(key) ? [] : [key]));
}

/** Gates that say that something around the policy is missing or broken. */
const troubles: readonly (string | null)[] = ['unavailable', 'overtime', 'inventory', 'unknown-target'];

/** By the key under which people may be told: of what they must be; `null`: they need not. */
function reasonsToTell({ decisions, intents }: History): ReadonlyMap<string, string | null> {
  const reasons = new Map<string, string | null>();
  for (const { id, gate } of decisions)
    if (troubles.includes(gate)) reasons.set(`${id}-refused`, `decision ${id} was refused by ${gate}`);
  for (const intent of intents) {
    const { action, state } = intent;
    const name = nameOf(intent);
    // A note may have arrived although nobody could tell.
    if (action === 'notify') reasons.set(name, state === 'succeeded' ? `intent ${name} says so` : null);
    if (state === 'failed' || state === 'expired') reasons.set(`${name}-${state}`, `intent ${name} is ${state}`);
  }
  return reasons;
}

function* nothingAfterTheEnd({ intents, calls }: History): Iterable<string> {
  const byName = new Map(intents.map((intent) => [nameOf(intent), intent]));
  for (const { idempotencyKey, arrivedAt } of calls) {
    const intent = byName.get(idempotencyKey);
    if (intent === undefined || !terminalStates.includes(intent.state)) continue;
    const behindMs = arrivedAt - intent.changedAt;
    if (behindMs > graceMs) yield `call ${idempotencyKey} came ${behindMs} ms after its intent was ${intent.state}`;
  }
}

/** Two decisions never have a fleet in hand at one moment. */
function* oneAtATime({ calls }: History): Iterable<string> {
  for (const [fleet, group] of groupBy(calls, (call) => call.fleet)) {
    const sorted = group.toSorted((left, right) => left.arrivedAt - right.arrivedAt);
    let open: ProviderCall | null = null;
    for (const call of sorted) {
      if (open !== null && open.decisionId !== call.decisionId && call.arrivedAt < (open.appliedAt ?? 0))
        yield `decisions ${open.decisionId} and ${call.decisionId} had ${fleet} in hand at once`;
      if (open === null || (call.appliedAt ?? 0) > (open.appliedAt ?? 0)) open = call;
    }
  }
}

/** What was done to a fleet leads from its first size to its last without a gap. */
function* sizesFollow({ calls, initial }: History): Iterable<string> {
  for (const [fleet, group] of groupBy(changes(calls), (call) => call.fleet)) {
    let members = initial.get(fleet) ?? 0;
    for (const { idempotencyKey, from, membersBefore, membersAfter } of group) {
      if (from !== membersBefore || membersBefore !== members)
        yield `call ${idempotencyKey} went from ${from} while ${fleet} had ${members}`;
      members = membersAfter;
    }
  }
}

/** In no stretch of the budget's length does a fleet change by more than the budget's share, in any direction. */
function* budgetHolds({ calls, budget }: History): Iterable<string> {
  const kinds = {
    grew: (call: ProviderCall): number => Math.max(0, call.membersAfter - call.membersBefore),
    // What is restarted is gone for a moment.
    shrank: (call: ProviderCall): number => Math.max(0, call.membersBefore - call.membersAfter) + call.restarted,
  };
  for (const [fleet, group] of groupBy(applied(calls), (call) => call.fleet))
    for (const [kind, amount] of Object.entries(kinds))
      for (const [first, begin] of group.entries()) {
        const base = begin.membersBefore;
        const allowed = Math.floor(budget.share * base + 1e-9);
        const within = group.filter(
          ({ appliedAt }, index) => index >= first && (appliedAt ?? 0) < (begin.appliedAt ?? 0) + budget.perMs,
        );
        const used = within.reduce((sum, call) => sum + amount(call), 0);
        if (used > allowed) {
          yield `${fleet} ${kind} by ${used} of ${base} members within ${budget.perMs / 1_000} s; ${allowed} are allowed`;
          break;
        }
      }
}

/** What was done, in the order in which it was. */
function applied(calls: readonly ProviderCall[]): readonly ProviderCall[] {
  return calls
    .filter(({ appliedAt }) => appliedAt !== null)
    .toSorted((left, right) => (left.appliedAt ?? 0) - (right.appliedAt ?? 0));
}

function changes(calls: readonly ProviderCall[]): readonly ProviderCall[] {
  return applied(calls).filter(({ from, to }) => from !== null && to !== null);
}

function nameOf({ decisionId, ordinal }: RecordedIntent): string {
  return `${decisionId}-${ordinal}`;
}

function countBy<Item>(items: readonly Item[], name: (item: Item) => string): ReadonlyMap<string, number> {
  return new Map([...groupBy(items, name)].map(([key, group]) => [key, group.length]));
}

function groupBy<Item>(items: readonly Item[], name: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(name(item));
    if (group === undefined) groups.set(name(item), [item]);
    else group.push(item);
  }
  return groups;
}
