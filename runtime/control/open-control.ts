// Everything by which people and other engines change what this engine does, put together: orders that are followed, a
// watched folder, the HTTP API.

import type { FastifyInstance } from 'fastify';
import type { ActionLog } from '../actions/executor.ts';
import type { BundleGate } from '../bundle/bundle-gate.ts';
import { BundleManager } from '../bundle/bundle-manager.ts';
import type { FirstBundle } from '../bundle/first-bundle.ts';
import type { RunningBundle, Swap } from '../bundle/running-bundle.ts';
import type { Config } from '../config.ts';
import type { LedgerParts } from '../ledger/parts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Timers } from '../ports/timers.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import type { EngineFacts } from './endpoint.ts';

export interface OpenControlOptions {
  readonly settings: Config['control'];
  /** Absolute; `null`: none is watched. */
  readonly watchFolder: string | null;
  readonly gate: BundleGate;
  readonly ledger: Pick<LedgerParts, 'ledger' | 'bundles' | 'controls'>;
  /** What `firstBundle` found, and what it was given. */
  readonly first: FirstBundle;
  readonly given: RunningBundle;
  readonly swap: Swap;
  readonly facts: () => EngineFacts;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ActionLog;
  /** What else the API's server answers, such as `/metrics`. */
  readonly routes?: (app: FastifyInstance) => void;
}

export interface OpenedControl {
  readonly bundles: BundleManager;
  /** Address of the HTTP API; `null` when it is off. */
  readonly url: string | null;
  /** Takes no more orders and ends what is under way; to be called before the ledger is closed. */
  close(): Promise<void>;
}

/** Errors: `SourceError` when the API's address can't be had. */
export async function openControl(options: OpenControlOptions): Promise<OpenedControl> {
  const { settings, watchFolder, gate, ledger, first, given, swap, facts, clock, timers, log, routes } = options;
  const { bundles: store, controls } = ledger;
  const audit = controls.audit.bind(controls);
  const bundles = new BundleManager({ gate, store, audit, swap, clock, timers, log, given, ...first });
  const parts = { bundles, gate, store, controls, ledger: ledger.ledger, facts, clock };
  let server: ControlServer | null = null;
  if (settings.enabled) {
    const { host, port, tokens } = settings;
    server = await startControlServer({ host, port, tokens, parts, log, ...(routes === undefined ? {} : { routes }) });
  }
  bundles.follow();
  if (watchFolder !== null) bundles.watch(watchFolder);
  return {
    bundles,
    url: server?.url ?? null,
    async close() {
      await server?.close();
      await bundles.stop();
    },
  };
}
