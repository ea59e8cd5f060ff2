// `ddlc run`: the embedded engine on a program. Decisions go to standard output, the log to standard error.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env, pid } from 'node:process';
import { type Command, Option } from 'commander';
import { loadProgram } from '../../runtime/bundle/load.ts';
import { manifestFile } from '../../runtime/bundle/manifest.ts';
import { readBundle } from '../../runtime/bundle/read.ts';
import type { Config } from '../../runtime/config.ts';
import type { ProgramMeta } from '../../runtime/contract.ts';
import type { Decision } from '../../runtime/decision.ts';
import type { Engine } from '../../runtime/engine.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';
import { openEngine } from '../../runtime/open-engine.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemHostProbe, systemProcessUsage } from '../../runtime/ports/host.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { createLog } from '../../runtime/ports/log.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import type { RunningProgram } from '../../runtime/sessions.ts';
import { clientSettings, topicsOf } from '../../runtime/sources/kafka/kafka-config.ts';
import { decisionLine } from '../backtest.ts';
import { checkedProgram } from '../checked-program.ts';
import { engineConfig } from '../engine-config.ts';
import { packageInfo } from '../package-info.ts';
import { generate, loadEmitted } from '../program.ts';
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
  const program = await programToRun(dir, terminal);
  if (program === null) return 1;
  const { evaluator } = program;
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
    running: program,
    version: packageInfo().version,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    fetch: systemFetch,
    usage: systemProcessUsage(),
    log,
    onDecision: (decision) => print(decision, engine.sessions.running.evaluator.meta, asText, terminal),
  });
  const { engine } = opened;
  try {
    terminal.note(`${renderFound(opened)}\n`);
    const sources = await openSources(engine, config, options.events ?? null, wanted, evaluator.meta);
    const { watched, otlpUrl, ended } = sources;
    terminal.note(renderWatched(evaluator.meta, watched, { color: terminal.color.note, pid, dir, command, otlpUrl }));
    const reason = await Promise.race([signal, engine.failure, ...(ended === null ? [] : [ended])]);
    terminal.note(`\n${reason}: stopping\n`);
  } finally {
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

/** From a bundle, verified, or from sources; `null` when the sources have errors, which have been printed. */
async function programToRun(dir: string, terminal: Terminal): Promise<RunningProgram | null> {
  const folder = resolve(terminal.folder, dir);
  if (existsSync(join(folder, manifestFile))) {
    const { manifest, meta, modules } = await readBundle(folder);
    const evaluator = { meta, code: loadProgram(meta, modules), createKernel };
    return { evaluator, bundleHash: hashOf(manifest), serial: manifest.serial };
  }
  const program = checkedProgram(dir, terminal);
  if (program === null) return null;
  const emitted = generate(program.ir);
  return { evaluator: loadEmitted(emitted), bundleHash: hashOf(emitted), serial: 0 };
}

function hashOf(program: unknown): string {
  return createHash('sha256').update(JSON.stringify(program)).digest('hex');
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
