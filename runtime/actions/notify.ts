// Tells people: a line in the engine's log, and a POST to the webhook where one is configured. Said once per action
// in the log, however often the webhook has to be tried.

import type { ActionArgument } from '../contract.ts';
import type { Decision, PlannedAction } from '../decision.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/fetch.ts';
import { becauseOf } from './because.ts';
import type { ActionLog, ActionResult, Executor } from './executor.ts';
import { postWebhook, type WebhookSettings } from './webhook-transport.ts';

/** What a policy says of itself, for the people who are told. */
export interface PolicyNote {
  readonly title: string;
  readonly owner: string;
  readonly runbook: string;
}

export interface NotifyOptions {
  readonly log: ActionLog;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly webhook: WebhookSettings | null;
  /** `null` for a policy that is not in the program any more. */
  readonly noteOf: (policy: string) => PolicyNote | null;
}

export function notify({ log, fetch, clock, webhook, noteOf }: NotifyOptions): Executor {
  return {
    name: 'notify',
    handles: ({ name }) => name === 'notify',
    providerOf: () => (webhook === null ? null : new URL(webhook.url).host),
    async execute(call): Promise<ActionResult> {
      const message = notificationOf(call.decision, call.action, noteOf(call.decision.policy));
      if (call.attempt === 1) log.info({ notification: message }, `notify: ${message.text}`);
      if (webhook === null) return { state: 'succeeded', detail: 'written to the log' };
      return await postWebhook(fetch, webhook, call, JSON.stringify(message), clock.now());
    },
  };
}

/** The JSON that a webhook receives. Fields are added, never changed. */
export interface Notification {
  /** `text` and `title` are what chat services print. */
  readonly text: string;
  readonly title: string;
  readonly severity: string | null;
  readonly channel: string | null;
  readonly decisionId: string;
  readonly policy: string;
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
  readonly cause: string;
  readonly values: Readonly<Record<string, number | null>>;
  readonly owner: string | null;
  readonly runbook: string | null;
  readonly source: string;
}

/** What people are told: as the action's executor sends it, and as a notice of the outbox would hold it. */
export function notificationOf(
  decision: Decision,
  action: Pick<PlannedAction, 'args'>,
  note: PolicyNote | null,
): Notification {
  const title = textOf(action.args, 'message') ?? (note === null || note.title === '' ? decision.policy : note.title);
  const values = becauseOf(decision.values);
  return {
    text: printable(`${title} · ${decision.key}${values.length === 0 ? '' : ` · ${values.join(', ')}`}`),
    title,
    severity: textOf(action.args, 'severity'),
    channel: textOf(action.args, 'channel'),
    decisionId: decision.id,
    policy: decision.policy,
    key: decision.key,
    at: new Date(decision.at).toISOString(),
    cause: decision.cause,
    values: decision.values,
    owner: note?.owner ?? null,
    runbook: note?.runbook ?? null,
    source: decision.source,
  };
}

/** Keys come from telemetry: nothing in them moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, 2_000);
}

function textOf(args: Readonly<Record<string, ActionArgument>>, name: string): string | null {
  const value = Object.hasOwn(args, name) ? args[name] : undefined;
  return typeof value === 'string' ? value : null;
}
