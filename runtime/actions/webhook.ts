// Actions that an address carries out: `webhook`, a team's own, and what is asked of a fleet that has a webhook. What is
// sent is what was written down; the fleet's size is read once more just before, and again when no answer came.

import type { ActionArgument } from '../contract.ts';
import type { Decision, PlannedAction } from '../decision.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/fetch.ts';
import { becauseOf } from './because.ts';
import type { ActionCall, ActionReading, ActionResult, Executor } from './executor.ts';
import type { HostGuard } from './host-guard.ts';
import { signatureHeader, signatureOf } from './webhook-signature.ts';
import { postWebhook } from './webhook-transport.ts';

export interface WebhookOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly guard: HostGuard;
  readonly inventory: Inventory;
  /** The first signs; receivers accept any while secrets are changed. None: requests are not signed. */
  readonly secrets: readonly string[];
}

/** The JSON that a receiver gets. Fields are added, never changed. */
export interface ActionRequest {
  readonly decisionId: string;
  readonly policy: string;
  /** What the policy judged: one service, one host. */
  readonly key: string;
  /** Time of the event that decided, ISO 8601. */
  readonly at: string;
  /** `scale_up`, `restart`, `webhook`, a team's own. */
  readonly action: string;
  readonly fleet: string | null;
  /** Members that the fleet has and shall have, never a difference; `null` where no number of members changes. */
  readonly from: number | null;
  readonly to: number | null;
  /** As the policy gives them; durations in milliseconds, under a name that ends in `Ms`. */
  readonly args: Readonly<Record<string, ActionArgument>>;
  /** By clause: what was measured; `null` where it was unknown. */
  readonly values: Readonly<Record<string, number | null>>;
  /** The same for people. */
  readonly why: readonly string[];
}

export function webhook(options: WebhookOptions): Executor {
  return {
    name: 'webhook',
    handles: (action) => action.endpoint !== null,
    providerOf: ({ endpoint }) => (endpoint !== null && URL.canParse(endpoint) ? new URL(endpoint).host : null),
    execute: (call) => carryOut(call, options),
    read: (action) => read(action, options.inventory),
  };
}

/** What is sent for an action. */
export function requestOf(decision: Decision, action: PlannedAction): ActionRequest {
  return {
    decisionId: decision.id,
    policy: decision.policy,
    key: decision.key,
    at: new Date(decision.at).toISOString(),
    action: action.name,
    fleet: action.target,
    from: action.change?.from ?? null,
    to: action.change?.to ?? null,
    args: action.args,
    values: decision.values,
    why: becauseOf(decision.values),
  };
}

async function carryOut(call: ActionCall, options: WebhookOptions): Promise<ActionResult> {
  const { action, decision } = call;
  const { fetch, clock, guard, inventory, secrets } = options;
  const url = action.endpoint ?? '';
  const refusal = guard.refuse(url);
  if (refusal !== null)
    return { state: 'failed', detail: `webhook: not called: ${refusal}`, retriable: false, called: false };
  const settled = await compare(action, inventory);
  if (settled !== null) return settled;
  const body = JSON.stringify(requestOf(decision, action));
  const [secret] = secrets;
  const headers: Readonly<Record<string, string>> =
    secret === undefined ? {} : { [signatureHeader]: signatureOf(secret, clock.now(), body) };
  const result = await postWebhook(fetch, { url, headers, admit: guard.admit(url) }, call, body, clock.now());
  if (action.target !== null) inventory.forget(action.target);
  return result;
}

/** What the fleet's size says before anything is sent; `null`: it is as it was when this was decided. */
async function compare({ target, change }: PlannedAction, inventory: Inventory): Promise<ActionResult | null> {
  if (target === null || change === null) return null;
  const size = await inventory.sizeOf(target, 0);
  if (size === null) {
    const detail = `webhook: nothing sent: the size of ${target} can’t be told: ${inventory.problemOf(target) ?? 'no answer'}`;
    return { state: 'failed', detail, retriable: true };
  }
  const { members } = size;
  if (members === change.to) return { state: 'succeeded', detail: `${target} has ${members} members already` };
  if (members === change.from) return null;
  const detail = `webhook: nothing sent: ${target} has ${members} members, and this was decided when it had ${change.from}`;
  return { state: 'failed', detail, retriable: false };
}

async function read({ target, change }: PlannedAction, inventory: Inventory): Promise<ActionReading> {
  if (target === null || change === null)
    return { outcome: 'unclear', detail: 'the receiver can’t be asked whether it was done', final: true };
  const size = await inventory.sizeOf(target, 0);
  if (size === null)
    return {
      outcome: 'unclear',
      detail: `the size of ${target} can’t be told: ${inventory.problemOf(target) ?? 'no answer'}`,
    };
  const { members } = size;
  if (members === change.to) return { outcome: 'done', detail: `${target} has ${members} members: it was done` };
  if (members === change.from)
    return { outcome: 'not-done', detail: `${target} still has ${members} members: not done so far` };
  return {
    outcome: 'unclear',
    detail: `${target} has ${members} members, neither ${change.from} as before nor ${change.to} as asked for`,
  };
}
