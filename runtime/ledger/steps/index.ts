// The steps that make the ledger's tables, in order. A released one is never changed; a change is a new step.

import type { Migration } from '../migration.ts';
import { auditByDay } from './audit-by-day.ts';
import { bundlesAndOrders } from './bundles-and-orders.ts';
import { controls } from './controls.ts';
import { decisionsAndIntents } from './decisions-and-intents.ts';
import { guardedIntents } from './guarded-intents.ts';
import { outboxAndSnapshots } from './outbox-and-snapshots.ts';
import { ownedIntents } from './owned-intents.ts';

export const migrations: readonly Migration[] = [
  decisionsAndIntents,
  auditByDay,
  ownedIntents,
  controls,
  guardedIntents,
  outboxAndSnapshots,
  bundlesAndOrders,
];
