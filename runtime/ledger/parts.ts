// Everything that an opened ledger offers, on PGlite and on a server alike.

import type { BundleStore } from './bundle-store.ts';
import type { ControlStore } from './control-store.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export interface LedgerParts {
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly controls: ControlStore;
  readonly bundles: BundleStore;
  readonly snapshots: SnapshotStore;
  /** This engine's own id in leases, intents and results: another one at each start. */
  readonly engineId: string;
  /** Made once with the tables: gates that hold another one belong to another ledger. */
  readonly incarnation: string;
}
