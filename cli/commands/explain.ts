// `ddlc explain`: the page of a diagnostic or of a word of the language, made from what enforces it.

import type { Command } from 'commander';
import { analyse } from '../../compiler/analyse.ts';
import { catalogue, catalogueByCode, type DiagnosticName } from '../../compiler/diagnostics/catalogue.ts';
import { type Entry, exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { suggest } from '../../compiler/diagnostics/suggest.ts';
import { noLimits } from '../../compiler/project-limits.ts';
import { telemetryOf } from '../read-telemetry.ts';
import { renderText } from '../render/text.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { vocabularyPage, vocabularyWords } from '../vocabulary-page.ts';
import type { CliCommand } from './command.ts';

export const explainCommand: CliCommand = {
  name: 'explain',
  summary: 'explain a code such as DDL2003, or a word of the language; alone it lists them',
  define(command: Command, run) {
    command
      .argument('[code]', 'a code, the name of a mistake (unknown-metric), or a word of the language (avg, cooldown)')
      .action(run((terminal, word: string | undefined) => explain(terminal, word)));
  },
};

function explain(terminal: Terminal, word: string | undefined): ExitCode {
  terminal.out(word === undefined ? overview() : page(word, terminal.color.out));
  return 0;
}

function overview(): string {
  const names = Object.keys(catalogue) as DiagnosticName[];
  const rows = names.map((name) => ({ name, entry: catalogue[name] as Entry<never> }));
  rows.sort((left, right) => (left.entry.code < right.entry.code ? -1 : 1));
  const width = Math.max(...names.map((name) => name.length));
  const codes = rows.map(({ name, entry }) => `${entry.code}  ${name.padEnd(width)}  ${entry.title}\n`).join('');
  return `${codes}\nWords of the language: ${[...new Set(vocabularyWords())].join(' ')}\n`;
}

function page(word: string, color: boolean): string {
  const diagnostic = findDiagnostic(word);
  if (diagnostic !== null) return diagnosticPage(diagnostic, color);
  const text = vocabularyPage(word);
  if (text !== null) return text;
  const known = [...catalogueByCode.keys(), ...Object.keys(catalogue), ...vocabularyWords()];
  const near = suggest(word, known);
  throw new UsageError(
    `there is nothing called ${JSON.stringify(word)}${near === null ? '' : `; did you mean ${near}?`}\n\`ddlc explain\` alone lists all codes and words`,
  );
}

function findDiagnostic(word: string): DiagnosticName | null {
  const byCode = catalogueByCode.get(word.toUpperCase());
  if (byCode !== undefined) return byCode.name;
  const name = word.toLowerCase();
  return Object.hasOwn(catalogue, name) ? (name as DiagnosticName) : null;
}

function diagnosticPage(name: DiagnosticName, color: boolean): string {
  const entry = catalogue[name] as Entry<never>;
  const parts = [`${entry.code} ${name} (${entry.severity}): ${entry.title}`, wrap(entry.explanation)];
  if (entry.bad !== '') {
    parts.push(`Wrong:\n\n${indent(entry.bad)}`);
    if (entry.events !== undefined) parts.push(`With these events:\n\n${indent(shortened(entry.events))}`);
    parts.push(`What ddlc says:\n\n${indent(report(entry, name, color))}`);
  }
  parts.push(`Right:\n\n${indent(entry.good)}`);
  return `${parts.join('\n\n')}\n`;
}

/** The message with its advice as it really comes, by compiling the example. */
function report({ bad, events, limits }: Entry<never>, name: DiagnosticName, color: boolean): string {
  const files = [
    { file: 'service.ddl', text: exampleProgram },
    { file: 'example.ddl', text: bad },
  ];
  const telemetry = events === undefined ? null : telemetryOf(events, name);
  const settings = { today: '2026-07-01', limits: { ...noLimits, ...limits } };
  const found = analyse(files, telemetry, settings).diagnostics.filter((diagnostic) => diagnostic.name === name);
  return renderText(found, new Map(files.map(({ file, text }) => [file, text])), { color });
}

const eventsShown = 6;

function shortened(events: string): string {
  const lines = events.trimEnd().split('\n');
  return lines.length <= eventsShown ? events : [...lines.slice(0, eventsShown), `… ${lines.length} in all`].join('\n');
}

function indent(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => (line === '' ? '' : `    ${line}`)).join('\n');
}

const widthMax = 100;

function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > widthMax) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
