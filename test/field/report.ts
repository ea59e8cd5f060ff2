// `npm run field`: the shipped policies on recorded telemetry with labelled incidents, through the path of
// `ddlc backtest --report episodes`. Prints what was found and what was not; there is no bar on the figures.

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { backtest } from '../../cli/backtest.ts';
import { createEvaluator } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { Evaluator } from '../../runtime/evaluate/session.ts';
import { fileChunks } from '../../runtime/sources/file.ts';
import { type DataSet, dataSets, eventsPath, readIncidents, readScopes } from './data-sets.ts';
import { type FiredEpisode, type Score, score } from './score.ts';

const policiesFolder = path.resolve(import.meta.dirname, '../../policies');
/** Two intervals: a report speaks of the time before it, and a `for` waits for the next one. */
const graceIntervals = 2;

const rule = `An episode counts for an incident when it fires inside [start, end + ${graceIntervals} report intervals] on the incident's scope:
the pod (instance), the test case with all its components (case), or the series. All others are false; "elsewhere" are
those of them that fired while an incident on another scope was on, and may be its consequence. Days are counted while
anything reported. Detection is measured from the labelled start; the windows of nab-aws are padded by their authors.`;

interface Row extends Score {
  readonly dataSet: string;
  readonly schema: string;
  readonly scope: DataSet['scope'];
  readonly graceMs: number;
}

export async function fieldReport(): Promise<readonly Row[]> {
  const evaluator = loadPolicies();
  const rows: Row[] = [];
  for (const set of dataSets) {
    const graceMs = graceIntervals * set.everyMs;
    const recording = { incidents: readIncidents(set), events: readScopes(set), everyMs: set.everyMs, graceMs };
    const result = score(await episodesOf(set, evaluator), recording);
    rows.push({ dataSet: set.name, schema: set.schema, scope: set.scope, graceMs, ...result });
  }
  return rows;
}

function loadPolicies(): Evaluator {
  const names = fs.readdirSync(policiesFolder, { recursive: true, encoding: 'utf8' });
  const files = names
    .filter((name) => name.endsWith('.ddl'))
    .sort()
    .map((name) => ({ file: name, text: fs.readFileSync(path.join(policiesFolder, name), 'utf8') }));
  const { ir, diagnostics } = analyse(files);
  if (ir === null)
    throw new Error(`policies/ does not compile: ${diagnostics.map((found) => found.message).join('; ')}`);
  return createEvaluator(ir, 'generated');
}

async function episodesOf(set: DataSet, evaluator: Evaluator): Promise<readonly FiredEpisode[]> {
  const episodes: FiredEpisode[] = [];
  await backtest(evaluator, fileChunks({ path: eventsPath(set) }), {
    schema: set.schema,
    where: set.name,
    report: 'episodes',
    now: Date.now,
    write: (line) => {
      const { policy, key, firedAt } = JSON.parse(line) as { policy: string; key: string; firedAt: string };
      episodes.push({ policy, key, firedAt: Date.parse(firedAt) });
    },
    deadLetter: (letter) => {
      throw new Error(letter.message);
    },
  });
  return episodes;
}

function renderRows(rows: readonly Row[]): string {
  const head = [
    'data set',
    'by',
    'incidents',
    'found',
    'missed',
    'false',
    'elsewhere',
    'days',
    'false/day',
    'detection',
  ];
  const body = rows.map((row) => [
    row.dataSet,
    row.scope,
    String(row.incidents),
    String(row.found),
    String(row.missed),
    String(row.falseEpisodes),
    String(row.falseDuringOther),
    row.recordedDays.toFixed(2),
    row.falsePerDay.toFixed(2),
    row.medianDetectionMs === null ? '-' : formatDelay(row.medianDetectionMs),
  ]);
  const perPolicy = rows.flatMap((row) =>
    row.policies.map((policy) => [
      row.dataSet,
      policy.policy,
      String(policy.episodes),
      String(policy.found),
      String(policy.falseEpisodes),
    ]),
  );
  return [
    rule,
    '',
    ...renderTable([head, ...body]),
    '',
    ...renderTable([['data set', 'policy', 'episodes', 'incidents found', 'false'], ...perPolicy]),
    '',
  ].join('\n');
}

/** The first column to the left, words too; figures to the right. */
function renderTable(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isFigure = widths.map((_, column) => lines.slice(1).every((line) => /^[-\d]/.test(line[column])));
  return lines.map((line) =>
    line
      .map((cell, column) => (isFigure[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

function formatDelay(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${(seconds / 3600).toFixed(1)}h`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { format: { type: 'string', default: 'text' } } });
  if (values.format !== 'text' && values.format !== 'json') {
    process.stderr.write(`--format is \`text\` or \`json\`, not \`${values.format}\`\n`);
    return 2;
  }
  const rows = await fieldReport();
  process.stdout.write(
    values.format === 'json' ? `${JSON.stringify({ rule, dataSets: rows }, null, 2)}\n` : renderRows(rows),
  );
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
