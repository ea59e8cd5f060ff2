// Makes an engine of a configuration: each part embedded, or a real one where it is set, alone or together.

import type { ActionLog } from './actions/executor.ts';
import type { Admission } from './admission/admission.ts';
import { InProcessAdmission } from './admission/in-process-admission.ts';
import { RedisAdmission } from './admission/redis-admission.ts';
import type { BundleGate } from './bundle/bundle-gate.ts';
import { type FirstBundle, firstBundle } from './bundle/first-bundle.ts';
import type { RunningBundle } from './bundle/running-bundle.ts';
import type { Config } from './config.ts';
import type { ProgramMeta } from './contract.ts';
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
import { openRedis } from './ports/redis.ts';
import type { Timers } from './ports/timers.ts';
import { noTracing, openTracing } from './ports/tracing.ts';
import type { RunningProgram } from './sessions.ts';

export interface OpenEngineOptions {
  readonly config: Config;
  /** Absolute; of the embedded ledger. */
  readonly ledgerFolder: string;
  /** What it is started with. */
  readonly given: RunningBundle;
  /** Whether a bundle that was ordered since runs instead; false for what only reads a recording. */
  readonly obeysOrders: boolean;
  readonly gate: BundleGate;
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
  readonly first: FirstBundle;
  /** For the HTTP API. */
  readonly parts: LedgerParts;
}

interface OpenedLedger extends Pick<OpenedEngine, 'ledger' | 'takenOverFrom' | 'report'> {
  readonly parts: LedgerParts;
}

/** Errors: `LedgerProblem`, `RedisProblem`: what is wrong, where, what to do. */
export async function openEngine(options: OpenEngineOptions): Promise<OpenedEngine> {
  const { config, given, obeysOrders, gate, version, clock, timers, random, fetch, usage, log, onDecision } = options;
  const { parts, ...ledger } = await openLedger(options);
  try {
    const first = obeysOrders
      ? await firstBundle({ gate, store: parts.bundles, log, given })
      : { running: given, order: 0, unmet: null };
    const { admission, gates, close } = await openAdmission(options, parts, first.running.evaluator.meta);
    const { otlp } = config.traces;
    const engine = await Engine.open({
      running: runningProgram(first.running),
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
      budgetMs: config.evaluation.budgetMs,
      meter: createMeter(),
      tracing: otlp === null ? noTracing : openTracing({ ...otlp, instance: parts.engineId, version }),
      onDecision,
      onStopped: close,
    });
    return { engine, gates, first, parts, ...ledger };
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
    const report = await parts.ledger.restart(clock.now(), 'keep');
    return { parts, ledger: parts.folder, takenOverFrom: parts.takenOverFrom, report };
  }
  const onProblem = (message: string): void => log.warn({}, message);
  const parts = await openServerLedger({ url: postgres.url, onProblem, ...common });
  // Other engines may be at work: what dead ones left is taken over while this one runs.
  const found = { decisions: 0, newestAt: null, interrupted: 0, tooOld: 0, unreadable: 0 };
  return { parts, ledger: parts.where, takenOverFrom: null, report: { resume: [], unknown: [], found } };
}

const firstConnectionMs = 2_000;

interface OpenedAdmission {
  readonly admission: Admission;
  readonly gates: string | null;
  readonly close: () => Promise<void>;
}

async function openAdmission(
  { config, timers }: OpenEngineOptions,
  parts: LedgerParts,
  program: ProgramMeta,
): Promise<OpenedAdmission> {
  if (config.gates.redis === null) {
    return { admission: new InProcessAdmission(), gates: null, close: async () => {} };
  }
  const addresses = [config.gates.redis.url].flat();
  const redis = openRedis({ url: addresses.join(',') });
  // One that isn't there is waited for by the gates themselves; what is decided until then is refused.
  await new Promise<void>((resolve) => {
    const cancel = timers.after(firstConnectionMs, resolve);
    redis.onConnected(() => {
      cancel();
      resolve();
    });
  });
  // What was lost is noticed by whoever looks after the gates, each second.
  const admission = new RedisAdmission({ redis, program, incarnation: parts.incarnation, onLost: () => {} });
  const hosts = addresses.map((address) => new URL(address).host);
  return { admission, gates: hosts.join(', '), close: () => redis.close() };
}

/** The marks by which the ledger knows a bundle. */
export function runningProgram({ evaluator, hash, serial }: RunningBundle): RunningProgram {
  return { evaluator, bundleHash: hash, serial };
}
