// `ddlc check`: everything that is wrong with a program, at once.

import { type Command, Option } from 'commander';
import { Analyser, type Analysis } from '../../compiler/analyse.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { engineDefault, refuseNamelessEvents, telemetryAgainst } from '../against.ts';
import { defineKafkaOptions, type KafkaOptions } from '../kafka-options.ts';
import { packageInfo } from '../package-info.ts';
import { shownPercentage } from '../percentage.ts';
import { analyseProject, loadProject, type Project, shownSources } from '../project.ts';
import { renderGithub } from '../render/github.ts';
import { renderJson } from '../render/json.ts';
import { Places } from '../render/places.ts';
import { printable } from '../render/printable.ts';
import { renderSarif } from '../render/sarif.ts';
import { renderText } from '../render/text.ts';
import { countOf, plural, summarize } from '../summarize.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { watchFolders } from '../watch.ts';
import type { CliCommand } from './command.ts';

const formats = ['text', 'json', 'sarif', 'github'] as const;

interface CheckOptions extends KafkaOptions {
  readonly format: (typeof formats)[number];
  readonly denyWarnings?: true;
  readonly watch?: true;
  readonly against?: string;
  readonly engine: string;
  readonly schema?: string;
}

export const checkCommand: CliCommand = {
  name: 'check',
  alias: 'lint',
  summary: 'report every mistake in a program',
  define(command: Command, run) {
    defineKafkaOptions(command, '--against')
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .addOption(new Option('--format <format>', 'how problems are printed').choices(formats).default('text'))
      .option('--deny-warnings', 'let warnings fail too (exit code 1)')
      .option('--watch', 'check again whenever a file changes, until interrupted')
      .option(
        '--against <telemetry>',
        'compare the schemas with recorded events, OTLP/JSON or a snapshot: a file, - for standard input, `kafka`, or `engine`',
      )
      .option('--engine <url>', 'the engine that `--against engine` asks', engineDefault)
      .option('--schema <name>', 'schema of those events that name none')
      .action(run((terminal, dir: string, options: CheckOptions) => checkDir(terminal, dir, options)));
  },
};

async function checkDir(terminal: Terminal, dir: string, options: CheckOptions): Promise<ExitCode> {
  const project = loadProject(dir, terminal.folder);
  const { against, schema = null } = options;
  // Read once, also when files are checked again and again.
  const telemetry = against === undefined ? null : await telemetryAgainst({ ...options, against, schema }, terminal);
  const analyser = new Analyser(telemetry, project.settings);
  if (telemetry !== null) refuseNamelessEvents(telemetry, schema, schemaNames(analyser.analyse(project.files)));
  return options.watch === true
    ? checkOnChange(terminal, dir, options, analyser)
    : check(terminal, project, options, analyser);
}

/** Ends as the last check did. */
async function checkOnChange(
  terminal: Terminal,
  dir: string,
  options: CheckOptions,
  analyser: Analyser,
): Promise<ExitCode> {
  let { folders } = loadProject(dir, terminal.folder);
  let code: ExitCode = 0;
  await watchFolders(folders, () => {
    const begun = systemClock.monotonicMs();
    try {
      const project = loadProject(dir, terminal.folder);
      folders = project.folders;
      code = check(terminal, project, options, analyser);
      terminal.note(`checked in ${Math.round(systemClock.monotonicMs() - begun)} ms; waiting for changes\n`);
    } catch (error) {
      // A folder that is being moved about may be whole again in a moment.
      if (!(error instanceof UsageError)) throw error;
      code = 2;
      terminal.note(`error: ${printable(error.message)}; waiting for changes\n`);
    }
    return folders;
  });
  return code;
}

function check(terminal: Terminal, project: Project, options: CheckOptions, analyser: Analyser): ExitCode {
  const analysis = analyseProject(project, analyser);
  terminal.out(render(analysis, project, options, terminal));
  if (options.format === 'text') terminal.note(`${conclusion(analysis, project)}${reach(analysis)}`);
  const counts = countOf(analysis.diagnostics);
  return counts.errors > 0 || (options.denyWarnings === true && counts.warnings > 0) ? 1 : 0;
}

function schemaNames({ sources }: Analysis): readonly string[] {
  const declarations = sources.flatMap((source) => source.declarations);
  return declarations.flatMap((declaration) => (declaration.kind === 'schema' ? [declaration.name.text] : []));
}

function render(analysis: Analysis, project: Project, options: CheckOptions, terminal: Terminal): string {
  const sources = shownSources(project);
  const { diagnostics, suppressed } = analysis;
  switch (options.format) {
    case 'text':
      return renderText(diagnostics, sources, { color: terminal.color.out });
    case 'json':
      return renderJson(analysis, new Places(sources));
    case 'sarif':
      return renderSarif(diagnostics, suppressed, new Places(sources), packageInfo().version);
    case 'github':
      return renderGithub(diagnostics, new Places(sources));
  }
}

/** Fleets that are named in the summary. */
const fleetsShown = 5;

/** How much of each fleet the program can touch, those first of which it is most. */
function reach({ exposures }: Analysis): string {
  const sorted = exposures.toSorted(
    (left, right) =>
      right.sharePerHour - left.sharePerHour || right.sharePerHourIfEnforced - left.sharePerHourIfEnforced,
  );
  const lines = sorted
    .slice(0, fleetsShown)
    .map(({ fleet, sharePerHour, sharePerHourIfEnforced }) =>
      sharePerHour === 0
        ? `can touch nothing of fleet \`${fleet}\`: all is in shadow; enforced, at most ${shownPercentage(sharePerHourIfEnforced)} per hour\n`
        : `can touch at most ${shownPercentage(sharePerHour)} of fleet \`${fleet}\` per hour\n`,
    );
  const more = sorted.length - lines.length;
  return `${lines.join('')}${more > 0 ? `and ${plural(more, 'fleet', 'fleets')} more: --format json\n` : ''}`;
}

function conclusion({ diagnostics, suppressed, policies, testPlans }: Analysis, project: Project): string {
  const letStand = suppressed.length === 0 ? '' : ` (${suppressed.length} suppressed)`;
  if (diagnostics.length > 0) {
    const first = diagnostics[0]?.code ?? '';
    return `\n${summarize(diagnostics)}${letStand}; \`ddlc explain ${first}\` tells more\n`;
  }
  const parts = [plural(policies, 'policy', 'policies'), plural(testPlans.length, 'test', 'tests')];
  return `${parts.join(' and ')} in ${plural(project.files.length, 'file', 'files')}: no problems found${letStand}\n`;
}
