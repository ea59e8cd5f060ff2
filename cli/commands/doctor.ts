// `ddlc doctor`: whether what surrounds an engine is as it must be, and what to do where it is not.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { type Command, Option } from 'commander';
import { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import { manifestFile } from '../../runtime/bundle/manifest.ts';
import { readPublicKey } from '../../runtime/bundle/signature.ts';
import type { Config } from '../../runtime/config.ts';
import { examine, parts } from '../../runtime/observe/doctor/doctor.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { openSurroundings, type SurroundingsOptions } from '../doctor/surroundings.ts';
import { engineConfig } from '../engine-config.ts';
import { kafkaSettings } from '../kafka-settings.ts';
import { doctorDocument, doctorText, leftOut, leftOutText } from '../render/doctor.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly engine?: string;
  readonly format: 'text' | 'json';
}

export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'examine what surrounds an engine and say what to do where it is not sound',
  define(command: Command, run) {
    command
      .argument('[bundle]', 'folder of a bundle that an engine shall run')
      .option('--config <file>', 'the engine’s configuration; ddl.config.json or ddl.config.yaml without it')
      .option('--engine <url>', 'address of a running engine’s receiver, such as http://127.0.0.1:4318')
      .addOption(new Option('--format <format>', 'how it is told').choices(['text', 'json']).default('text'))
      .action(run((terminal, bundle: string | undefined, options: DoctorOptions) => look(terminal, bundle, options)));
  },
};

async function look(terminal: Terminal, bundle: string | undefined, options: DoctorOptions): Promise<ExitCode> {
  const config = engineConfig(options.config ?? null, terminal.folder, env);
  const { kafka } = config.sources;
  const { surroundings, close } = openSurroundings({
    config,
    kafka: kafka.brokers.length === 0 ? null : kafkaSettings(kafka, terminal.folder),
    engine: options.engine === undefined ? null : addressOf(options.engine),
    bundle: bundle === undefined ? null : bundleIn(bundle, terminal.folder, config),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
  });
  const left = leftOut(surroundings);
  if (left.length === parts.length) throw new UsageError(`there is nothing to examine: ${leftOutText(left)}`);
  try {
    const all = await examine(surroundings, systemTimers);
    terminal.out(
      options.format === 'json'
        ? `${JSON.stringify(doctorDocument(surroundings, all), null, 2)}\n`
        : doctorText(surroundings, all),
    );
    return all.some(({ level }) => level === 'problem') ? 1 : 0;
  } finally {
    await close();
  }
}

function addressOf(engine: string): URL {
  const url = URL.parse(engine);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new UsageError(
      '--engine is no address of an engine’s receiver; give one without user and password, such as http://127.0.0.1:4318',
    );
  return url;
}

function bundleIn(name: string, folder: string, { bundle, ledger }: Config): SurroundingsOptions['bundle'] {
  const path = resolve(folder, name);
  if (!existsSync(join(path, manifestFile)))
    throw new UsageError(`${name} is no bundle: name a folder that \`ddlc compile\` wrote`);
  const gate = new BundleGate({
    trustedKeys: bundle.trustedKeys.map(readPublicKey),
    requireSignature: bundle.requireSignature,
    sharedStore: ledger.postgres !== null,
    timers: systemTimers,
  });
  return { name, folder: path, gate };
}
