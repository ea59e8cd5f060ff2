// The engine, and the one place to read the way of an event whole: a source decodes into a session, the session's
// partition judges, proposals go to the pipeline, admitted decisions to the dispatcher. What it is made of (a ledger,
// gates, fleets' sizes, executors) comes from outside: parts.ts.

import { Dispatcher } from './actions/dispatcher.ts';
import { ProviderLimits } from './actions/provider-limits.ts';
import { createProviders, type Providers } from './actions/providers.ts';
import { mayActUnder } from './admission/may-act.ts';
import type { ProgramMeta } from './contract.ts';
import type { EngineFacts } from './control/endpoint.ts';
import type { EngineOptions } from './engine-options.ts';
import { Housekeeping } from './housekeeping.ts';
import { LiveSource } from './live-source.ts';
import { traceAction } from './observe/decision-trace.ts';
import { EngineMetrics, readingMetrics } from './observe/engine-metrics.ts';
import { metricsRoute } from './observe/metrics-route.ts';
import { Observer } from './observe/observer.ts';
import { sessionListener } from './observe/session-listener.ts';
import { telemetryRoute } from './observe/telemetry-route.ts';
import { TelemetryWatch } from './observe/telemetry-watch.ts';
import { Pipeline } from './pipeline.ts';
import type { HostProbe } from './ports/host.ts';
import type { KafkaPort } from './ports/kafka-port.ts';
import type { Cancel } from './ports/timers.ts';
import { readRecorded } from './recorded-source.ts';
import { type RunningProgram, Sessions, type SwapReport } from './sessions.ts';
import { type HostSource, startHostSource } from './sources/host.ts';
import type { KafkaConfig } from './sources/kafka/kafka-config.ts';
import { partitionReadings } from './sources/kafka/metrics.ts';
import { type OpenKafka, openKafka } from './sources/kafka/open-kafka.ts';
import { type OtlpReceiver, type OtlpReceiverOptions, startOtlpReceiver } from './sources/otlp-receiver.ts';
import { Telling } from './telling.ts';

const momentMs = 20;
const idleEveryMs = 1_000;
const drainMs = 10_000;

export class Engine {
  readonly observer: Observer;
  readonly sessions: Sessions;
  telemetry: TelemetryWatch;
  readonly #options: EngineOptions;
  readonly #metrics: EngineMetrics;
  readonly #dispatcher: Dispatcher;
  readonly #telling: Telling;
  readonly #pipeline: Pipeline;
  readonly #housekeeping: Housekeeping;
  readonly #live: LiveSource[] = [];
  #kafka: OpenKafka | null = null;
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #reading: Promise<void>[] = [];
  readonly #startedAt: number;
  #stopping = false;
  #broken = false;
  /** Ends what would otherwise wait for input. */
  readonly #abort = new AbortController();
  #failed: (error: unknown) => void = () => {};
  /** Rejects when the engine can't go on. */
  readonly failure: Promise<never>;

  /** Takes up what an earlier run left. Errors: `LedgerProblem`, or the ledger can't be read. */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    try {
      await engine.#housekeeping.start();
    } catch (error) {
      await engine.stop();
      throw error;
    }
    engine.#dispatcher.resume(options.report.resume);
    engine.#dispatcher.reconcile(options.report.unknown);
    return engine;
  }

  private constructor(options: EngineOptions) {
    const { running, ledger: parts, admission, clock, timers, random, log, onDecision } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.observer = new Observer(log, clock);
    this.telemetry = new TelemetryWatch(running.evaluator.meta.schemas);
    this.#metrics = new EngineMetrics(options.meter);
    this.sessions = this.#createSessions();
    const { executors, inventory } = this.#createProviders();
    const limits = new ProviderLimits({ clock, random });
    this.#telling = this.#createTelling(limits);
    this.#dispatcher = this.#createDispatcher(executors, limits);
    this.failure = new Promise((_, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => {});
    this.#pipeline = new Pipeline({
      admission,
      inventory,
      ledger: parts.ledger,
      dispatcher: this.#dispatcher,
      clock,
      timers,
      metrics: this.#metrics,
      tracing: options.tracing,
      noticesOf: (decisions) => this.#telling.noticesOf(decisions),
      onDecision,
      onFailure: (error) => this.#fail(error),
    });
    this.#housekeeping = new Housekeeping({
      parts,
      admission,
      clock,
      timers,
      log,
      program: () => this.sessions.running.evaluator.meta,
      resume: (intents) => this.#dispatcher.resume(intents),
      reconcile: (intents) => this.#dispatcher.reconcile(intents),
    });
    this.#readMetrics();
    this.#closers.push(timers.every(idleEveryMs, () => this.#passTime()));
  }

  /** Another program judges what comes from now on; its fleets, limits and notes hold for what it decides. */
  async swap(running: RunningProgram): Promise<SwapReport> {
    const report = await this.sessions.swap(running);
    this.#housekeeping.programChanged();
    this.observer.policiesOff.clear();
    this.telemetry = new TelemetryWatch(running.evaluator.meta.schemas);
    for (const { intake } of this.#live) this.telemetry.add(intake);
    this.#metrics.reloaded('applied', report.pauseMs);
    return report;
  }

  /** Samples this machine. Errors: `SourceError` when the program declares no schema `host`. */
  watchHost(probe: HostProbe): void {
    const live = this.#addLive();
    const source: HostSource = startHostSource({
      intake: live.begin,
      clock: this.#options.clock,
      timers: this.#options.timers,
      probe,
      onRow: () => live.drain(),
      onProblem: (message) => this.#options.log.warn({ source: 'host' }, message),
    });
    this.#closers.push(() => source.close());
  }

  /** Opens the OTLP/HTTP receiver; resolves to its address. Errors: `SourceError` when it can't be had. */
  async receiveOtlp(host: string, port: number, routes: OtlpReceiverOptions['routes'] = nothing): Promise<string> {
    const live = this.#addLive();
    const receiver: OtlpReceiver = await startOtlpReceiver({
      host,
      port,
      intake: live.begin,
      now: this.#options.clock.now,
      accept: () => this.accepting,
      healthy: () => !this.#broken,
      notReady: () => this.notReady(),
      routes: (app) => {
        telemetryRoute(app, () => this.telemetry.snapshot());
        metricsRoute(app, this.#options.meter);
        routes(app);
      },
      onBatch: (accepted) => {
        this.observer.unmatched(accepted.unmatchedMetrics);
        this.telemetry.unmatched(live.intake, accepted.unmatchedMetrics);
        live.drain();
        return this.#pipeline.settled();
      },
    });
    this.#closers.push(() => receiver.close());
    return receiver.url;
  }

  /** Reads topics as a member of a group. Errors: `SourceError`, with what to do. */
  async readKafka(port: KafkaPort, config: KafkaConfig): Promise<void> {
    const { ledger, clock, timers, log } = this.#options;
    const kafka = await openKafka({
      port,
      config,
      program: () => {
        const { evaluator, bundleHash } = this.sessions.running;
        return { meta: evaluator.meta, bundleHash };
      },
      clock,
      timers,
      sessions: this.sessions,
      accepting: () => this.accepting,
      settled: () => this.#pipeline.settled(),
      shelf: ledger.snapshots,
      onRows: ({ intake }) => {
        for (const { rows } of intake.schemas) this.observer.events(rows.rows);
        this.telemetry.rows(intake);
      },
      onLook: ({ intake }, decoder) => {
        this.observer.unmatched(decoder.unmatchedMetrics);
        this.telemetry.unmatched(intake, decoder.unmatchedMetrics);
        for (const { index } of intake.schemas) {
          this.observer.carries(decoder.undeclared(index));
          this.telemetry.undeclared(index, decoder.undeclared(index));
        }
      },
      onTrouble: (message) => log.warn({ source: 'kafka' }, message),
      onFailure: (error) => this.#fail(error),
    });
    this.#kafka = kafka;
    this.#closers.push(() => kafka.close());
  }

  /**
   * Reads recorded or piped events to their end and resolves to how many they were. `path` may be `-`.
   * Errors: `SourceError` when they can't be read.
   */
  readEvents(path: string, schema: string | null): Promise<number> {
    const reading = this.#read(path, schema);
    // What goes wrong is the caller's to hear; stopping waits for the end alone.
    this.#reading.push(reading.then(nothing, nothing));
    return reading;
  }

  async #read(path: string, schema: string | null): Promise<number> {
    const events = await readRecorded(path, schema, {
      sessions: this.sessions,
      observer: this.observer,
      telemetry: () => this.telemetry,
      now: this.#options.clock.now,
      signal: this.#abort.signal,
      room: async () => {
        while (!this.#pipeline.accepting && !this.#stopping) await this.#pause();
      },
    });
    await this.#pipeline.settled();
    // An input that has ended is no shutdown: what was decided is carried out.
    while (this.#dispatcher.pending > 0 && !this.#stopping) await this.#moment();
    return events;
  }

  /** Stops sources, judges what waits, writes everything, ends or leaves actions as the ledger can tell. */
  async stop(): Promise<{ readonly left: number; readonly unwritten: number }> {
    this.#stopping = true;
    this.#abort.abort();
    for (const close of this.#closers.reverse()) await close();
    await this.#atMost(Promise.all(this.#reading));
    for (const live of this.#live) live.close();
    // A ledger that can't be written must not keep the engine from ending; what it has not taken is counted below.
    await this.#atMost(this.#pipeline.settled());
    await this.#atMost(this.#housekeeping.stop());
    const { left } = await this.#dispatcher.drain(drainMs);
    await this.#atMost(this.#telling.close());
    const unwritten = await this.#options.ledger.ledger.close(drainMs);
    await this.#atMost(Promise.all([this.#options.tracing.close(), this.#options.onStopped()]));
    return { left, unwritten };
  }

  /** What it tells of itself, for the HTTP API. */
  facts(): EngineFacts {
    const { ledger } = this.#options;
    const { counts, policiesOff } = this.observer;
    return { engine: ledger.engineId, startedAt: this.#startedAt, notReady: this.notReady(), policiesOff, counts };
  }

  /** Whether sources should go on. */
  get accepting(): boolean {
    return !this.#stopping && this.#pipeline.accepting;
  }

  /** Resolves when everything proposed so far is durable. */
  settled(): Promise<void> {
    return this.#pipeline.settled();
  }

  /** `null` when the engine takes telemetry; else why it does not. */
  notReady(): string | null {
    if (this.#stopping) return 'the engine is stopping';
    const { problem } = this.#options.ledger.ledger.health();
    if (problem !== null) return `the ledger can’t be written: ${problem}`;
    return this.#pipeline.accepting ? null : 'the engine takes no telemetry at the moment';
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.#failed(error);
  }

  #createProviders(): Providers {
    const { actions, notifyWebhook, fetch, clock, timers, log } = this.#options;
    const program = (): ProgramMeta => this.sessions.running.evaluator.meta;
    return createProviders({ program, settings: actions, notifyWebhook, fetch, clock, timers, log });
  }

  #createTelling(limits: ProviderLimits): Telling {
    const { ledger, notifyWebhook: webhook, fetch, clock, timers, random, log } = this.#options;
    return new Telling({
      ...{ outbox: ledger.outbox, webhook, limits, fetch, clock, timers, random, log },
      policyOf: (name) => this.sessions.policyOf(name),
      propose: (proposal) => this.sessions.propose(proposal),
    });
  }

  #createDispatcher(executors: Providers['executors'], limits: ProviderLimits): Dispatcher {
    const { ledger, admission, clock, timers, random, log, tracing } = this.#options;
    return new Dispatcher({
      ledger: ledger.ledger,
      executors,
      limits,
      clock,
      timers,
      random,
      log,
      mayAct: mayActUnder(() => this.#housekeeping.orders, clock),
      finish: (decision, done) => admission.finish(decision, clock.now(), done),
      onEnded: (ending) => {
        const { decision, action, ordinal, state, attempts, detail, tookMs } = ending;
        this.#metrics.actionEnded(action.name, state, attempts);
        const endMs = clock.now();
        const times = { startMs: endMs - tookMs, endMs };
        traceAction(tracing, decision, { ordinal, action, result: state, attempts, detail }, times);
        this.#telling.ended(ending);
      },
    });
  }

  #createSessions(): Sessions {
    const { running, clock, timers, log, budgetMs } = this.#options;
    const { observer } = this;
    return new Sessions({
      running,
      budgetMs,
      clock,
      timers,
      propose: (submission) => this.#pipeline.propose(submission),
      listener: sessionListener(observer, this.#metrics, log),
      onShed: (policies) =>
        policies.length === 0
          ? log.info({}, 'every policy is judged again')
          : log.error(
              { policies: policies.slice(0, 20), count: policies.length },
              `the engine is overloaded: ${policies.length} policies of low priority are not judged until it is not`,
            ),
    });
  }

  #addLive(): LiveSource {
    const { clock, timers } = this.#options;
    const live = new LiveSource({
      sessions: this.sessions,
      clock,
      timers,
      onRows: (intake) => this.telemetry.rows(intake),
      onEvents: (count) => this.observer.events(count),
    });
    this.#live.push(live);
    this.telemetry.add(live.intake);
    return live;
  }

  #passTime(): void {
    for (const live of this.#live) live.passTime();
  }

  #readMetrics(): void {
    const { meter, ledger, usage } = this.#options;
    readingMetrics(meter, {
      events: () => this.observer.counts,
      cpuUsage: usage.cpuUsage,
      memoryBytes: usage.memoryBytes,
      proposalsWaiting: () => this.#pipeline.waiting,
      actionsPending: () => this.#dispatcher.pending,
      ledger: () => ledger.ledger.health(),
      admissionHealthy: () => this.#housekeeping.admissionHealthy,
      shedPolicies: () => this.sessions.budget.shed.length,
      bundle: () => {
        const { evaluator, bundleHash, serial } = this.sessions.running;
        return { serial, hash: bundleHash, policies: evaluator.meta.policies.length };
      },
      partitions: () => partitionReadings(this.#kafka, this.#options.clock.now()),
    });
  }

  async #atMost(work: Promise<unknown>): Promise<void> {
    let cancel: Cancel = nothing;
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.timers.after(drainMs, resolve);
    });
    await Promise.race([work, late]);
    cancel();
  }

  async #pause(): Promise<void> {
    await this.#options.ledger.ledger.waitHealthy();
    await this.#moment();
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.timers.after(momentMs, resolve);
    });
  }
}

function nothing(): void {}
