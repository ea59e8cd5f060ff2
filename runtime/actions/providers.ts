// Everything that carries out actions, put together for a program: whom it may call, how sizes of fleets are read, who
// carries out what.

import type { ProgramMeta } from '../contract.ts';
import { namedHosts, webhookOf } from '../inventory/fleet-webhook.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { WebhookInventory } from '../inventory/webhook-inventory.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/fetch.ts';
import type { Timers } from '../ports/timers.ts';
import type { ActionLog, Executor } from './executor.ts';
import { createHostGuard } from './host-guard.ts';
import { actionExecutors } from './index.ts';
import type { WebhookSettings } from './webhook-transport.ts';

/** The setting `actions`. */
export interface ActionSettings {
  readonly webhook: {
    /** As `HostGuardOptions.allow`. */
    readonly allow: readonly string[] | null;
    /** As `WebhookOptions.secrets`. */
    readonly secrets: readonly string[];
  };
}

export interface ProvidersOptions {
  /** The program that runs at this moment. */
  readonly program: () => ProgramMeta;
  readonly settings: ActionSettings;
  /** Where `notify` goes besides the log. */
  readonly notifyWebhook: WebhookSettings | null;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ActionLog;
}

export interface Providers {
  readonly executors: readonly Executor[];
  readonly inventory: Inventory;
}

export function createProviders(options: ProvidersOptions): Providers {
  const { program, settings, notifyWebhook, fetch, clock, timers, log } = options;
  const { allow, secrets } = settings.webhook;
  let known = { of: program(), hosts: namedHosts(program()) };
  const isNamed = (host: string): boolean => {
    if (known.of !== program()) known = { of: program(), hosts: namedHosts(program()) };
    return known.hosts.has(host);
  };
  const guard = createHostGuard({ allow, isNamed });
  const addressOf = (name: string): string | null => {
    const fleet = program().fleets.find((candidate) => candidate.name === name);
    return fleet === undefined ? null : webhookOf(fleet);
  };
  const inventory = new WebhookInventory({ fetch, clock, timers, addressOf, guard });
  const noteOf = (name: string) => program().policies.find((policy) => policy.name === name) ?? null;
  const executors = actionExecutors({
    notify: { log, fetch, clock, webhook: notifyWebhook, noteOf },
    webhook: { fetch, clock, guard, inventory, secrets },
  });
  return { executors, inventory };
}
