// The embedded engine, and the one place to read the way of an event whole: a source decodes into a session, the
// session's partition judges, proposals go to the pipeline, admitted decisions to the dispatcher. One partition per
// source; how far the senders of one source may be apart is their schema's `lateness`.

import { Dispatcher } from './actions/dispatcher.ts';
import type { ActionLog } from './actions/executor.ts';
import { type ActionSettings, createProviders } from './actions/providers.ts';
import type { WebhookSettings } from './actions/webhook-transport.ts';
import { admissionHorizonMs } from './admission/admission.ts';
import { InProcessAdmission } from './admission/in-process-admission.ts';
import type { Decision } from './decision.ts';
import { defaultIntakeLimits } from './evaluate/intake.ts';
import { type Evaluator, Session, type SessionListener } from './evaluate/session.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from './ledger/embedded-ledger.ts';
import type { RestartReport } from './ledger/ledger.ts';
import { Observer } from './observe/observer.ts';
import { telemetryRoute } from './observe/telemetry-route.ts';
import { TelemetryWatch } from './observe/telemetry-watch.ts';
import { Pipeline } from './pipeline.ts';
import type { Clock } from './ports/clock.ts';
import type { Fetch } from './ports/fetch.ts';
import type { HostProbe } from './ports/host.ts';
import type { Random } from './ports/random.ts';
import type { Cancel, Timers } from './ports/timers.ts';
import { fileChunks } from './sources/file.ts';
import { type HostSource, startHostSource } from './sources/host.ts';
import { JsonEventDecoder } from './sources/json-events.ts';
import { type OtlpReceiver, startOtlpReceiver } from './sources/otlp-receiver.ts';

export interface EngineOptions {
  readonly evaluator: Evaluator;
  readonly bundleHash: string;
  readonly ledgerFolder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly log: ActionLog;
  readonly webhook: WebhookSettings | null;
  readonly actions: ActionSettings;
  /** Told of each decision once it is durable. */
  readonly onDecision: (decision: Decision) => void;
}

/** How long a live source must be quiet before the time that its events have reached is closed. */
const quietMs = 20;
/** After so long a silence a live source's time goes on without events, this much behind the wall clock's pace. */
const idleSlackMs = 15_000;
/** A clock that is further ahead would make everybody else's events late. */
const aheadMs = 30_000;
const idleEveryMs = 1_000;
const linesPerSlice = 4096;
const drainMs = 10_000;

interface Live {
  /** Another one after a swap: it is asked for, never kept. */
  session: Session;
  /** Events taken so far. */
  seq: number;
  cancelQuiet: Cancel | null;
  /** When its last event came (monotonic), and the event time it had come to. */
  heardAtMs: number;
  heardTime: number;
}

/** What a start found. */
export interface EngineStart {
  readonly ledgerFolder: string;
  /** Process id of an engine that died while it held the ledger; `null` when the last one ended cleanly. */
  readonly takenOverFrom: number | null;
  readonly found: RestartReport['found'];
  /** Actions of an earlier run that are now carried out. */
  readonly resumed: number;
}

export class Engine {
  readonly start: EngineStart;
  readonly observer: Observer;
  readonly telemetry: TelemetryWatch;
  readonly #options: EngineOptions;
  readonly #embedded: EmbeddedLedger;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #live: Live[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #reading: Promise<void>[] = [];
  #stopping = false;
  #broken = false;
  /** Ends what would otherwise wait for input. */
  readonly #abort = new AbortController();
  #failed: (error: unknown) => void = () => {};
  /** Rejects when the engine can't go on. */
  readonly failure: Promise<never>;

  /** Opens the ledger and takes up what an earlier run left. Errors: `LedgerProblem`. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { evaluator, clock, timers, log, ledgerFolder } = options;
    const embedded = await openEmbeddedLedger({
      folder: ledgerFolder,
      clock,
      timers,
      onHealth: (problem) =>
        problem === null
          ? log.info({}, 'the ledger can be written again')
          : log.error({ problem }, 'the ledger can’t be written: nothing is decided until it can'),
    });
    const { ledger } = embedded;
    const report = await ledger.restart(clock.now());
    const admission = new InProcessAdmission();
    const horizon = clock.now() - admissionHorizonMs(evaluator.meta);
    await admission.restore(await ledger.decisionsSince(horizon), evaluator.meta, clock.now());
    const engine = new Engine(options, embedded, admission, report);
    engine.#dispatcher.resume(report.resume);
    return engine;
  }

  private constructor(
    options: EngineOptions,
    embedded: EmbeddedLedger,
    admission: InProcessAdmission,
    report: RestartReport,
  ) {
    const { evaluator, bundleHash, clock, timers, random, fetch, log, webhook, actions, onDecision } = options;
    this.#options = options;
    this.#embedded = embedded;
    this.start = {
      ledgerFolder: embedded.folder,
      takenOverFrom: embedded.takenOverFrom,
      found: report.found,
      resumed: report.resume.length,
    };
    this.observer = new Observer(log, clock);
    this.telemetry = new TelemetryWatch(evaluator.meta.schemas);
    const providers = createProviders({
      program: () => evaluator.meta,
      settings: actions,
      notifyWebhook: webhook,
      fetch,
      clock,
      timers,
      log,
    });
    this.#dispatcher = new Dispatcher({
      ledger: embedded.ledger,
      executors: providers.executors,
      clock,
      timers,
      random,
      log,
    });
    this.failure = new Promise((_, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => {});
    this.#pipeline = new Pipeline({
      program: evaluator.meta,
      bundleHash,
      admission,
      ledger: embedded.ledger,
      dispatcher: this.#dispatcher,
      clock,
      onDecision,
      onFailure: (error) => {
        this.#broken = true;
        this.#failed(error);
      },
    });
    this.#closers.push(timers.every(idleEveryMs, () => this.#passTime()));
  }

  /** Samples this machine. Errors: `SourceError` when the program declares no schema `host`. */
  watchHost(probe: HostProbe): void {
    const live = this.#addLive();
    const source: HostSource = startHostSource({
      intake: () => live.session.intake,
      clock: this.#options.clock,
      timers: this.#options.timers,
      probe,
      onRow: () => this.#drain(live),
      onProblem: (message) => this.#options.log.warn({ source: 'host' }, message),
    });
    this.#closers.push(() => source.close());
  }

  /** Opens the OTLP/HTTP receiver; resolves to its address. Errors: `SourceError` when it can't be had. */
  async receiveOtlp(host: string, port: number): Promise<string> {
    const live = this.#addLive();
    const receiver: OtlpReceiver = await startOtlpReceiver({
      host,
      port,
      intake: () => live.session.intake,
      now: this.#options.clock.now,
      accept: () => !this.#stopping && this.#pipeline.accepting,
      healthy: () => !this.#broken,
      notReady: () => this.#notReady(),
      routes: (app) => telemetryRoute(app, () => this.telemetry.snapshot()),
      onBatch: (accepted) => {
        this.observer.unmatched(accepted.unmatchedMetrics);
        this.telemetry.unmatched(live.session.intake, accepted.unmatchedMetrics);
        this.#drain(live);
        return this.#pipeline.settled();
      },
    });
    this.#closers.push(() => receiver.close());
    return receiver.url;
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
    const session = this.#createSession();
    const where = path === '-' ? 'standard input' : path;
    const decoder = new JsonEventDecoder(session.intake, { schema, where, now: this.#options.clock.now });
    for await (const chunk of fileChunks({ path, signal: this.#abort.signal })) {
      for (let at = 0; at < chunk.length; ) {
        at = decoder.decode(chunk, linesPerSlice, at);
        for (const { index } of session.intake.schemas) {
          const undeclared = decoder.undeclared(index);
          this.observer.carries(undeclared);
          this.telemetry.undeclared(index, undeclared);
        }
        this.telemetry.rows(session.intake);
        session.partition.drain();
        while (!this.#pipeline.accepting && !this.#stopping) await this.#pause();
      }
      if (this.#stopping) break;
    }
    decoder.end();
    session.partition.close();
    await this.#pipeline.settled();
    // An input that has ended is no shutdown: what was decided is carried out.
    while (this.#dispatcher.pending > 0 && !this.#stopping) await this.#moment();
    this.observer.events(session.intake.seq);
    return session.intake.seq;
  }

  /** Stops sources, judges what waits, writes everything, ends or leaves actions as the ledger can tell. */
  async stop(): Promise<{ readonly left: number; readonly unwritten: number }> {
    this.#stopping = true;
    this.#abort.abort();
    for (const close of this.#closers.reverse()) await close();
    await this.#atMost(Promise.all(this.#reading));
    for (const live of this.#live) {
      live.cancelQuiet?.();
      live.session.partition.close();
    }
    // A ledger that can't be written must not keep the engine from ending; what it has not taken is counted below.
    await this.#atMost(this.#pipeline.settled());
    const { left } = await this.#dispatcher.drain(drainMs);
    const unwritten = await this.#embedded.ledger.close(drainMs);
    return { left, unwritten };
  }

  #addLive(): Live {
    const live = {
      session: this.#createSession(),
      seq: 0,
      cancelQuiet: null,
      heardAtMs: 0,
      heardTime: Number.NEGATIVE_INFINITY,
    };
    this.#live.push(live);
    return live;
  }

  #createSession(): Session {
    const { observer } = this;
    const listener: SessionListener = {
      propose: (proposal) => this.#pipeline.propose(proposal),
      rearm: nothing,
      skip: (policy, key, missing) => observer.skipped(policy, key, missing),
      late: (schema, key, at, behindMs) => observer.late(schema, key, at, behindMs),
      deadLetter: (letter) => observer.deadLetter(letter),
      fault: (policy, error) => observer.faulted(policy, error),
      notice: (message) => this.#options.log.warn({ source: 'intake' }, message),
    };
    const session = new Session(this.#options.evaluator, listener, { ...defaultIntakeLimits, aheadMs });
    this.telemetry.add(session.intake);
    return session;
  }

  /** Judges what a live source has appended; what is still waiting when it has been quiet for a moment is judged too. */
  #drain(live: Live): void {
    const { partition, intake } = live.session;
    this.telemetry.rows(intake);
    partition.drain();
    if (intake.seq === live.seq) return;
    this.observer.events(intake.seq - live.seq);
    live.seq = intake.seq;
    live.heardAtMs = this.#options.clock.monotonicMs();
    live.heardTime = partition.timeMax;
    live.cancelQuiet?.();
    live.cancelQuiet = this.#options.timers.after(quietMs, () => partition.punctuate());
  }

  /** Time goes on for a source that has fallen silent, by its own clock: else nobody would notice the silence. */
  #passTime(): void {
    const now = this.#options.clock.monotonicMs();
    for (const { session, heardAtMs, heardTime } of this.#live) {
      if (heardTime === Number.NEGATIVE_INFINITY) continue;
      const time = heardTime + (now - heardAtMs) - idleSlackMs;
      if (time > heardTime) session.partition.passTime(time);
    }
  }

  #notReady(): string | null {
    if (this.#stopping) return 'the engine is stopping';
    const { problem } = this.#embedded.ledger.health();
    if (problem !== null) return `the ledger can’t be written: ${problem}`;
    return this.#pipeline.accepting ? null : 'the engine takes no telemetry at the moment';
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
    await this.#embedded.ledger.waitHealthy();
    await this.#moment();
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.timers.after(quietMs, resolve);
    });
  }
}

function nothing(): void {}
