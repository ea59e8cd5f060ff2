// What an engine is made of, each part from outside: embedded, real, or a test's.

import type { ActionLog } from './actions/executor.ts';
import type { ActionSettings } from './actions/providers.ts';
import type { WebhookSettings } from './actions/webhook-transport.ts';
import type { Admission } from './admission/admission.ts';
import type { Decision } from './decision.ts';
import type { RestartReport } from './ledger/ledger.ts';
import type { LedgerParts } from './ledger/parts.ts';
import type { Clock } from './ports/clock.ts';
import type { Fetch } from './ports/fetch.ts';
import type { ProcessUsage } from './ports/host.ts';
import type { Meter } from './ports/prometheus.ts';
import type { Random } from './ports/random.ts';
import type { Timers } from './ports/timers.ts';
import type { Tracing } from './ports/tracing.ts';
import type { RunningProgram } from './sessions.ts';

export interface EngineOptions {
  readonly running: RunningProgram;
  readonly ledger: LedgerParts;
  /** What was found in the ledger when it was opened. */
  readonly report: RestartReport;
  readonly admission: Admission;
  readonly actions: ActionSettings;
  readonly notifyWebhook: WebhookSettings | null;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: ActionLog;
  readonly meter: Meter;
  readonly usage: ProcessUsage;
  readonly tracing: Tracing;
  readonly budgetMs: number;
  /** Told of each decision once it is durable. */
  readonly onDecision: (decision: Decision) => void;
  /** Called last, when nothing is asked any more. */
  readonly onStopped: () => Promise<void>;
}
