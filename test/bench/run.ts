// `npm run bench`: evaluators, JSON lines and compile time of this machine, and, when the peers' benchmark is there, the
// same work done by hand-written references and (with `--peers`) by other engines. One process per measurement, one
// after the other; a table to standard output, everything as JSON to `--out FILE`.
//
// --quick: shorter repeats. --peers: install and measure other engines too. --only evaluators,json,compile,peers
// DDL_PEERS: folder of the peers' benchmark, `../shared/bench/peers` beside the repository when not set.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CompileTiming, JsonTiming, Timing } from './measure.ts';
import { measurePeers, type PeerResults, peersTable } from './peers.ts';
import { formatTable } from './table.ts';

const evaluators = ['interpreter', 'plain', 'generated'] as const;
const sizes = [1, 10, 100, 1000, 10_000] as const;

interface Results {
  readonly node: string;
  readonly processor: string;
  readonly loadAverage: number;
  evaluators?: readonly { readonly evaluator: string; readonly policies: number; readonly timing: Timing }[];
  json?: JsonTiming;
  compile?: CompileTiming;
  peers?: PeerResults;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    only: { type: 'string', default: 'evaluators,json,compile,peers' },
    out: { type: 'string', default: '.cache/bench.json' },
  },
});
const parts = new Set(options.only.split(','));
const seconds = options.quick ? 0.5 : 3;

function measured<Result>(...args: readonly (string | number)[]): Result {
  const script = fileURLToPath(new URL('measure.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--max-old-space-size=4000', script, ...args.map(String)], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`measuring ${args.join(' ')} failed: ${child.stderr}`);
  process.stderr.write('.');
  return JSON.parse(child.stdout) as Result;
}

function measureEvaluators(): NonNullable<Results['evaluators']> {
  const results = sizes.flatMap((policies) =>
    evaluators.map((evaluator) => ({
      evaluator,
      policies,
      timing: measured<Timing>('evaluator', evaluator, policies, seconds),
    })),
  );
  for (const { evaluator, policies, timing } of results) {
    const other = results.find((result) => result.policies === policies)?.timing;
    if (timing.fires !== other?.fires || timing.hash !== other.hash) {
      throw new Error(`with ${policies} policies ${evaluator} gives other answers than ${evaluators[0]}`);
    }
  }
  return results;
}

function evaluatorTable(results: NonNullable<Results['evaluators']>): string {
  const rows = sizes.map((policies) => [
    String(policies),
    ...evaluators.map((evaluator) => {
      const found = results.find((result) => result.policies === policies && result.evaluator === evaluator);
      return found === undefined ? '–' : number(found.timing.ns);
    }),
    String(results.find((result) => result.policies === policies)?.timing.fires ?? ''),
  ]);
  const head = ['policies', 'interpreter', 'generated', 'generated and optimised', 'fires of 1,000 events'];
  return formatTable('ns per event, 12 metrics, two comparisons and one key per policy (answers equal)', head, rows);
}

function jsonTable(json: JsonTiming): string {
  const perSecond = (ns: number): string => number(1e9 / ns);
  return formatTable(
    `events per second from lines of JSON, ${json.lineBytes} bytes each, 100 policies, one core`,
    ['what', 'events/s', 'ns per event'],
    [
      ['decoded and judged (goal 150,000)', perSecond(json.ns), number(json.ns)],
      ['JSON.parse alone', perSecond(json.parseAloneNs), number(json.parseAloneNs)],
    ],
  );
}

function compileTable(timing: CompileTiming): string {
  const { parseMs, analyseMs, generateMs, loadMs, totalMs, sourceBytes, generatedBytes } = timing;
  return formatTable(
    `1,000 policies, ${number(sourceBytes / 1000)} kB of text to ${number(generatedBytes / 1000)} kB of JavaScript, cold, ms (goal 2,000)`,
    ['parse', 'bind, check, lint, lower', 'optimize, emit', 'load', 'in all'],
    [[parseMs, analyseMs, generateMs, loadMs, totalMs].map(number)],
  );
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

async function main(): Promise<void> {
  const results: Results = {
    node: process.version,
    processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    loadAverage: loadavg()[0],
  };
  const show = (table: string): void => {
    process.stderr.write('\n');
    process.stdout.write(`${table}\n`);
  };
  show(`Node ${results.node}, ${results.processor}, load average ${results.loadAverage.toFixed(1)}\n`);
  if (parts.has('evaluators')) {
    results.evaluators = measureEvaluators();
    show(evaluatorTable(results.evaluators));
  }
  if (parts.has('json')) {
    results.json = measured<JsonTiming>('json', seconds);
    show(jsonTable(results.json));
  }
  if (parts.has('compile')) {
    results.compile = measured<CompileTiming>('compile', 1000);
    show(compileTable(results.compile));
  }
  if (parts.has('peers')) {
    const peers = measurePeers({ quick: options.quick, engines: options.peers });
    if (typeof peers === 'string') show(peers);
    else {
      results.peers = peers;
      show(peersTable(peers));
    }
  }
  const out = resolve(options.out);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
  process.stderr.write(`${out}\n`);
}

await main();
