// `ddlc run`: the embedded engine on a program. Decisions go to standard output, the log to standard error.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { env, pid } from 'node:process';
import { type Command, Option } from 'commander';
import { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import { readPublicKey } from '../../runtime/bundle/signature.ts';
import type { Config } from '../../runtime/config.ts';
import type { ProgramMeta } from '../../runtime/contract.ts';
import { type OpenedControl, openControl } from '../../runtime/control/open-control.ts';
import type { Decision } from '../../runtime/decision.ts';
import type { Engine } from '../../runtime/engine.ts';
import { openEngine, runningProgram } from '../../runtime/open-engine.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemHostProbe, systemProcessUsage } from '../../runtime/ports/host.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { createLog } from '../../runtime/ports/log.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { clientSettings, topicsOf } from '../../runtime/sources/kafka/kafka-config.ts';
import { decisionLine } from '../backtest.ts';
import { engineConfig } from '../engine-config.ts';
import { givenBundle } from '../given-bundle.ts';
import { packageInfo } from '../package-info.ts';
import { renderDecision } from '../render/decision.ts';
import { renderFound, renderWatched } from '../render/engine.ts';
import { nextSignal } from '../signals.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

/** In a clone the sources run as they are, through a script at its root. */
const command = import.meta.filename.endsWith('.ts') ? './ddlc' : 'ddlc';

interface RunOptions {
  readonly config?: string;
  readonly events?: string;
  readonly schema?: string;
  readonly format: 'auto' | 'text' | 'json';
}

export const runCommand: CliCommand = {
  name: 'run',
  summary: 'watch live telemetry and decide',
  define(command: Command, run) {
    command
      .argument('[dir]', 'folder with .ddl files, one such file, or a bundle that `ddlc compile` wrote', 'policies')
      .option('--config <file>', 'configuration; ddl.config.json or ddl.config.yaml without it')
      .option('--events <file>', 'read events from a file, or - for standard input, and end when they end')
      .option('--schema <name>', 'schema of those events that name none')
      .addOption(
        new Option('--format <format>', 'how decisions are printed; auto: text on a terminal, JSON lines elsewhere')
          .choices(['auto', 'text', 'json'])
          .default('auto'),
      )
      .action(run((terminal, dir: string, options: RunOptions) => runEngine(terminal, dir, options)));
  },
};

async function runEngine(terminal: Terminal, dir: string, options: RunOptions): Promise<ExitCode> {
  const config = engineConfig(options.config ?? null, terminal.folder, env);
  const gate = new BundleGate({
    trustedKeys: config.bundle.trustedKeys.map(readPublicKey),
    requireSignature: config.bundle.requireSignature,
    sharedStore: config.ledger.postgres !== null,
    timers: systemTimers,
  });
  const given = await givenBundle(dir, terminal, gate);
  if (given === null) return 1;
  const { evaluator } = given;
  const wanted = schemaOf(options, evaluator.meta);
  checkSources(config, options, evaluator.meta);
  const log = createLog({ level: config.log.level, forPeople: terminal.interactive, color: terminal.color.note });
  const asText = options.format === 'text' || (options.format === 'auto' && terminal.interactive);
  const ledgerFolder = resolve(terminal.folder, config.ledger.folder);
  if (config.ledger.postgres === null && !existsSync(ledgerFolder))
    terminal.note(`making the ledger in ${ledgerFolder}: some seconds, once\n`);
  const signal = nextSignal();
  const opened = await openEngine({
    config,
    ledgerFolder,
    given,
    obeysOrders: options.events === undefined,
    gate,
    version: packageInfo().version,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    fetch: systemFetch,
    usage: systemProcessUsage(),
    log,
    onDecision: (decision) => print(decision, engine.sessions.running.evaluator.meta, asText, terminal),
  });
  const { engine, first, parts } = opened;
  let control: OpenedControl | null = null;
  try {
    terminal.note(`${renderFound(opened)}\n`);
    // What only reads a recording takes no orders.
    if (options.events === undefined) {
      control = await openControl({
        settings: config.control,
        watchFolder: config.bundle.watch === null ? null : resolve(terminal.folder, config.bundle.watch),
        gate,
        ledger: parts,
        first,
        given,
        swap: (next) => engine.swap(runningProgram(next)),
        facts: () => engine.facts(),
        clock: systemClock,
        timers: systemTimers,
        log,
      });
    }
    const sources = await openSources(engine, config, options.events ?? null, wanted, evaluator.meta);
    const { watched, otlpUrl, ended } = sources;
    const controlUrl = control?.url ?? null;
    const shown = { color: terminal.color.note, pid, dir, command, otlpUrl, controlUrl };
    terminal.note(renderWatched(engine.sessions.running.evaluator.meta, watched, shown));
    const reason = await Promise.race([signal, engine.failure, ...(ended === null ? [] : [ended])]);
    terminal.note(`\n${reason}: stopping\n`);
  } finally {
    await control?.close();
    const { left, unwritten } = await engine.stop();
    const { events, deadLetters, late, skipped } = engine.observer.counts;
    terminal.note(
      `stopped: ${events - late} events judged, ${deadLetters} unusable, ${late} late, ${skipped} times a policy lacked a metric; ${left} actions left for the next start, ${unwritten} records unwritten\n`,
    );
  }
  return 0;
}

interface OpenedSources {
  readonly watched: readonly string[];
  readonly otlpUrl: string | null;
  /** Resolves when a source that ends has ended, with why the engine stops then. */
  readonly ended: Promise<string> | null;
}

async function openSources(
  engine: Engine,
  { sources }: Config,
  events: string | null,
  schema: string | null,
  program: ProgramMeta,
): Promise<OpenedSources> {
  if (events !== null) {
    const ended = engine.readEvents(events, schema).then(() => 'the events have ended');
    // A signal may come first; then nobody waits for it any more.
    ended.catch(() => {});
    return { watched: [`events from ${events === '-' ? 'standard input' : events}`], otlpUrl: null, ended };
  }
  const watched: string[] = [];
  let otlpUrl: string | null = null;
  if (watchesHost(sources, program)) {
    engine.watchHost(systemHostProbe());
    watched.push('this machine, once a second');
  }
  const { kafka } = sources;
  if (kafka.brokers.length > 0) {
    await engine.readKafka(await connectKafka(clientSettings(kafka, (path) => readFileSync(path, 'utf8'))), kafka);
    const { brokers, group } = kafka;
    watched.push(`Kafka ${topicsOf(kafka).join(', ')} at ${brokers.join(', ')}, in the group ${group}`);
  }
  if (sources.otlp.enabled) {
    otlpUrl = `${await engine.receiveOtlp(sources.otlp.host, sources.otlp.port)}/v1/metrics`;
    watched.push(`OpenTelemetry metrics at ${otlpUrl}`);
  }
  return { watched, otlpUrl, ended: null };
}

/** What can be known to be wrong is said before anything is opened. */
function checkSources({ sources }: Config, { events }: RunOptions, program: ProgramMeta): void {
  if (events !== undefined && events !== '-' && !existsSync(events)) {
    throw new UsageError(`can't read events from ${events}: there is no such file; check the path`);
  }
  const kafka = sources.kafka.brokers.length > 0;
  if (events === undefined && !sources.otlp.enabled && !kafka && !watchesHost(sources, program)) {
    throw new UsageError(
      'no source is on: turn on `sources.otlp`, `sources.kafka` or `sources.host`, or give --events',
    );
  }
}

function watchesHost(sources: Config['sources'], program: ProgramMeta): boolean {
  return sources.host.enabled && program.schemas.some((schema) => schema.name === 'host');
}

function schemaOf({ schema }: RunOptions, { schemas }: ProgramMeta): string | null {
  if (schema === undefined || schemas.some((candidate) => candidate.name === schema)) return schema ?? null;
  throw new UsageError(
    `--schema ${schema}: the program declares no such schema; it has ${schemas.map(({ name }) => name).join(', ')}`,
  );
}

function print(decision: Decision, program: ProgramMeta, asText: boolean, terminal: Terminal): void {
  terminal.out(
    asText
      ? `${renderDecision(decision, program, terminal.color.out)}\n`
      : `${JSON.stringify(decisionLine(decision))}\n`,
  );
}
