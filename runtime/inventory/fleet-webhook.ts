// Which address carries out an action: its own, else the webhook of the fleet that it is asked of.

import type { ActionMeta, FleetMeta, ProgramMeta } from '../contract.ts';

/** `null`: nobody in this build does. `fleet` is the action's target. */
export function endpointOf({ endpoint }: Pick<ActionMeta, 'endpoint'>, fleet: FleetMeta | null): string | null {
  return endpoint ?? (fleet === null ? null : webhookOf(fleet));
}

/** The address of the fleet's webhook. With several, as older bundles may have, nobody could tell whom to ask for how many. */
export function webhookOf({ resources }: Pick<FleetMeta, 'resources'>): string | null {
  const webhooks = resources.filter(({ kind }) => kind === 'webhook');
  return webhooks.length === 1 ? (webhooks[0]?.args[0] ?? null) : null;
}

/** The hosts (with their ports) of all addresses that a program names. */
export function namedHosts({ policies, fleets }: Pick<ProgramMeta, 'policies' | 'fleets'>): ReadonlySet<string> {
  const addresses = [
    ...policies.flatMap(({ actions }) => actions.map(({ endpoint }) => endpoint ?? null)),
    ...fleets.map(webhookOf),
  ];
  return new Set(
    addresses.flatMap((address) => (address !== null && URL.canParse(address) ? [new URL(address).host] : [])),
  );
}
