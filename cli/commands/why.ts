// `ddlc why`: why a policy did, or did not, act for a key at a moment of a recording.

import { type Command, Option } from 'commander';
import { SourceText } from '../../compiler/4-lower/source-text.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { Replay } from '../../runtime/replay.ts';
import { fileChunks } from '../../runtime/sources/file.ts';
import { type CheckedProgram, checkedProgram } from '../checked-program.ts';
import { requirePolicy, requireSchema } from '../named.ts';
import { createProgress } from '../progress.ts';
import { renderWhy, whyJson } from '../render/why.ts';
import { recordingLimits, replayRecording } from '../replay-recording.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { answer } from '../why/answer.ts';
import { Watch } from '../why/watch.ts';
import type { CliCommand } from './command.ts';

interface WhyOptions {
  readonly events: string;
  readonly policy: string;
  readonly key: string;
  readonly at: string;
  readonly schema?: string;
  readonly format: 'text' | 'json';
}

export const whyCommand: CliCommand = {
  name: 'why',
  summary: 'say why a policy did, or did not, act at a moment of a recording',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .requiredOption('--events <file>', 'recorded events, one JSON object a line, plain or gzip; - for standard input')
      .requiredOption('--policy <name>', 'the policy that is asked about')
      .requiredOption('--key <key>', 'the value of the schema’s key')
      .requiredOption('--at <time>', 'ISO 8601 such as 2026-01-01T10:31:20Z, or epoch milliseconds')
      .option('--schema <name>', 'schema of events that name none')
      .addOption(new Option('--format <format>', 'how the answer is printed').choices(['text', 'json']).default('text'))
      .action(run((terminal, dir: string, options: WhyOptions) => why(terminal, dir, options)));
  },
};

async function why(terminal: Terminal, dir: string, options: WhyOptions): Promise<ExitCode> {
  const at = momentOf(options.at);
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const { ir } = program;
  const { events, policy, key, schema = null, format } = options;
  requirePolicy(ir, policy);
  requireSchema(ir, schema);
  const watch = new Watch(ir, policy, key, at);
  const deadLetters = await replayThrough(watch, events, schema, terminal);
  if (watch.sighting === null && watch.nextRowAt === null) throw new UsageError(unknownKey(watch, events));
  if (deadLetters > 0) terminal.note(`warning: ${deadLetters} events could not be used; \`ddlc backtest\` says why\n`);
  const sources = linesOf(program);
  const found = answer(watch);
  terminal.out(
    format === 'json' ? `${JSON.stringify(whyJson(found, watch, sources))}\n` : renderWhy(found, watch, sources),
  );
  return 0;
}

/** @throws UsageError when `text` is no time. */
function momentOf(text: string): number {
  const at = /^\d{10,}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  // Without a zone the answer would depend on the machine.
  if (Number.isFinite(at) && /Z$|[+-]\d\d:?\d\d$|^\d+$/.test(text)) return at;
  throw new UsageError(`--at ${text}: write a time with its zone, such as 2026-01-01T10:31:20Z, or epoch milliseconds`);
}

/** Returns how many events could not be used. */
async function replayThrough(watch: Watch, events: string, schema: string | null, terminal: Terminal): Promise<number> {
  const replay = new Replay(
    watch.evaluator,
    {
      decision: (decision) => watch.decided(decision),
      late: (name, key, at) => watch.lateEvent(name, key, at),
    },
    recordingLimits,
  );
  watch.begin(replay.session);
  const progress = createProgress(terminal);
  try {
    await replayRecording([replay], fileChunks({ path: events }), {
      schema,
      where: events === '-' ? 'standard input' : events,
      now: systemClock.now,
      between: (count) => progress.show(() => `${count.toLocaleString('en')} events`),
    });
  } finally {
    progress.done();
  }
  return replay.counts.deadLetters;
}

function unknownKey({ key, schema, otherKeys }: Watch, events: string): string {
  const others = [...otherKeys].map((other) => JSON.stringify(other)).join(', ');
  const there = others === '' ? 'and no other either' : `others are ${others}`;
  return `--key ${key}: no event of schema ${schema.name} in ${events} has that ${schema.key.name}; ${there}`;
}

/** `file.ddl:line` of a part of a condition; the policy's own where none is known. */
function linesOf({ analysis, project }: CheckedProgram): (node: object, policy: string) => string {
  const text = new SourceText(analysis.sources);
  const spans: ReadonlyMap<object, { readonly file: string; readonly start: number; readonly end: number }> =
    analysis.conditionSpans;
  return (node, policy) => {
    const span = spans.get(node);
    if (span !== undefined) return `${project.shown(span.file)}:${text.line(span)}`;
    const [file = '', line = ''] = policy.split(/:(?=\d+$)/);
    return `${project.shown(file)}:${line}`;
  };
}
