// Makes an engine of a configuration: each part embedded, or a real one where it is set, alone or together.

import type { ActionLog } from './actions/executor.ts';
import type { Admission } from './admission/admission.ts';
import { InProcessAdmission } from './admission/in-process-admission.ts';
import type { Config } from './config.ts';
import type { Decision } from './decision.ts';
import { Engine } from './engine.ts';
import { openEmbeddedLedger } from './ledger/embedded-ledger.ts';
import type { RestartReport } from './ledger/ledger.ts';
import type { LedgerParts } from './ledger/parts.ts';
import { openServerLedger } from './ledger/server-ledger.ts';
import type { Clock } from './ports/clock.ts';
import type { Fetch } from './ports/fetch.ts';
import type { ProcessUsage } from './ports/host.ts';
import { createMeter } from './ports/prometheus.ts';
import type { Random } from './ports/random.ts';
import type { Timers } from './ports/timers.ts';
import { noTracing, openTracing } from './ports/tracing.ts';
import type { RunningProgram } from './sessions.ts';

export interface OpenEngineOptions {
  readonly config: Config;
  /** Absolute; of the embedded ledger. */
  readonly ledgerFolder: string;
  readonly running: RunningProgram;
  readonly version: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly usage: ProcessUsage;
  readonly log: ActionLog;
  readonly onDecision: (decision: Decision) => void;
}

/** What a start found, for people. */
export interface OpenedEngine {
  readonly engine: Engine;
  /** Where the ledger lies: a folder, or `HOST:PORT/DATABASE`. */
  readonly ledger: string;
  /** Where the gates are kept, when engines share them. */
  readonly gates: string | null;
  /** Process id of an engine that died while it held the embedded ledger; `null` when the last one ended cleanly. */
  readonly takenOverFrom: number | null;
  readonly report: RestartReport;
}

interface OpenedLedger extends Pick<OpenedEngine, 'ledger' | 'takenOverFrom' | 'report'> {
  readonly parts: LedgerParts;
}

/** Errors: `LedgerProblem`, `RedisProblem`: what is wrong, where, what to do. */
export async function openEngine(options: OpenEngineOptions): Promise<OpenedEngine> {
  const { config, running, version, clock, timers, random, fetch, usage, log, onDecision } = options;
  const { parts, ...ledger } = await openLedger(options);
  try {
    const { admission, gates } = await openAdmission(options, parts);
    const { otlp } = config.traces;
    const engine = await Engine.open({
      running,
      ledger: parts,
      report: ledger.report,
      admission,
      actions: config.actions,
      notifyWebhook: config.notify.webhook,
      clock,
      timers,
      random,
      fetch,
      log,
      usage,
      meter: createMeter(),
      tracing: otlp === null ? noTracing : openTracing({ ...otlp, instance: parts.engineId, version }),
      onDecision,
    });
    return { engine, gates, ...ledger };
  } catch (error) {
    await parts.ledger.close(0);
    throw error;
  }
}

async function openLedger(options: OpenEngineOptions): Promise<OpenedLedger> {
  const { config, ledgerFolder, version, clock, timers, log } = options;
  const { postgres, retentionDays } = config.ledger;
  const common = {
    clock,
    timers,
    version,
    retentionDays,
    onHealth: (problem: string | null) =>
      problem === null
        ? log.info({}, 'the ledger can be written again')
        : log.error({ problem }, 'the ledger can’t be written: nothing is decided until it can'),
  };
  if (postgres === null) {
    const parts = await openEmbeddedLedger({ folder: ledgerFolder, ...common });
    const report = await parts.ledger.restart(clock.now());
    return { parts, ledger: parts.folder, takenOverFrom: parts.takenOverFrom, report };
  }
  const onProblem = (message: string): void => log.warn({}, message);
  const parts = await openServerLedger({ url: postgres.url, onProblem, ...common });
  // Other engines may be at work: what dead ones left is taken over while this one runs.
  const found = { decisions: 0, newestAt: null, interrupted: 0, tooOld: 0, unreadable: 0 };
  return { parts, ledger: parts.where, takenOverFrom: null, report: { resume: [], unknown: [], found } };
}

async function openAdmission(
  { config }: OpenEngineOptions,
  _parts: LedgerParts,
): Promise<{ readonly admission: Admission; readonly gates: string | null }> {
  const { redis } = config.gates;
  if (redis === null) return { admission: new InProcessAdmission(), gates: null };
  throw new Error('not yet');
}
