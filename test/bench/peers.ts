// ddl beside hand-written references and other engines, by the peers' own benchmark: every answer is compared with its
// oracle before a time is taken. The benchmark's folder is read only; what has to be written goes to a temporary copy.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatTable } from './table.ts';

export interface PeerResult {
  readonly workload: string;
  readonly name: string;
  readonly P: number;
  /** Per event, ns, median of the repeats. */
  readonly ns?: number;
  readonly matches?: number;
  readonly error?: string;
  readonly MISMATCH?: boolean;
  readonly skipped?: string;
}

export interface PeerResults {
  readonly results: readonly PeerResult[];
}

export interface PeerOptions {
  readonly quick: boolean;
  /** Install and measure other engines, not only the references, which need no install. */
  readonly engines: boolean;
}

const workloads = ['W1', 'W2', 'W3'] as const;
const sizes = [100, 1000] as const;
const ours = ['ddl-slots', 'ddl'] as const;
/** Hand-written indexes on typed columns: what ddl-slots is held to. */
const indexes = ['c-index-slots', 'c-code-slots'] as const;
const references = [...indexes, 'b-onefn'] as const;
const engines = ['json-rules-engine', 'json-logic-engine', 'filtrex', 'marcbachmann-cel', 'zen-table'] as const;

/** The goal: so many times the best hand-written index at most. */
const ratioMax = 3;

/** Results, or a sentence that says why there are none. */
export function measurePeers(options: PeerOptions): PeerResults | string {
  const source = process.env.DDL_PEERS ?? fileURLToPath(new URL('../../../shared/bench/peers', import.meta.url));
  if (!existsSync(join(source, 'lib/run-one.js'))) {
    return `no comparison with other engines: ${source} is not there; set DDL_PEERS to the folder of the peers' benchmark\n`;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ddl-peers-'));
  try {
    cpSync(source, folder, { recursive: true });
    // The copy keeps the source's permissions, which may be to read only.
    spawnSync('chmod', ['-R', 'u+w', folder]);
    if (options.engines) install(folder);
    return { results: [...combinations(options)].map((entry) => measureOne(folder, entry, options.quick)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Combination {
  readonly workload: string;
  readonly name: string;
  readonly policies: number;
  readonly events: number;
}

function* combinations(options: PeerOptions): Generator<Combination> {
  for (const workload of workloads) {
    for (const policies of sizes) {
      for (const name of [...references, ...ours]) yield { workload, name, policies, events: 200_000 };
      if (!options.engines) continue;
      for (const name of engines) yield { workload, name, policies, events: 20_000 };
    }
  }
}

function install(folder: string): void {
  const child = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`npm install of the other engines failed: ${child.stderr}`);
}

function measureOne(folder: string, entry: Combination, quick: boolean): PeerResult {
  const { workload, name, policies, events } = entry;
  const args = [workload, name, policies, events, quick ? 3 : 7, quick ? 0.2 : 0.6].map(String);
  const child = spawnSync(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=6000', join(folder, 'lib/run-one.js'), ...args],
    {
      encoding: 'utf8',
      timeout: 240_000,
      env: {
        ...process.env,
        ADAPTER: fileURLToPath(new URL('peers-adapter.ts', import.meta.url)),
        PEERS_CACHE: join(folder, 'cache'),
        WARM: quick ? '0.5' : '2',
      },
    },
  );
  process.stderr.write('.');
  const line = child.stdout.trim().split('\n').pop() ?? '';
  try {
    return JSON.parse(line) as PeerResult;
  } catch {
    return { workload, name, P: policies, error: child.stderr.slice(-300) || String(child.error ?? child.status) };
  }
}

export function peersTable({ results }: PeerResults): string {
  const names = [...new Set(results.map((result) => result.name))];
  const columns = workloads.flatMap((workload) => sizes.map((policies) => ({ workload, policies })));
  const of = (name: string, column: (typeof columns)[number]): PeerResult | undefined =>
    results.find((found) => found.name === name && found.workload === column.workload && found.P === column.policies);
  const best = (list: readonly string[], column: (typeof columns)[number]): number =>
    Math.min(...list.map((name) => of(name, column)?.ns ?? Number.POSITIVE_INFINITY));
  const rows = names.map((name) => [name, ...columns.map((column) => cell(of(name, column)))]);
  const ratio = (list: readonly string[]): readonly string[] =>
    columns.map((column) => {
      const own = of('ddl-slots', column)?.ns;
      const other = best(list, column);
      return own === undefined || !Number.isFinite(other) ? '–' : `${(own / other).toFixed(2)} ×`;
    });
  rows.push([`ddl-slots ÷ best index (goal ≤ ${ratioMax})`, ...ratio(indexes)]);
  if (names.some((name) => (engines as readonly string[]).includes(name))) {
    rows.push(['ddl-slots ÷ fastest other engine (goal < 1)', ...ratio(engines)]);
  }
  const head = [
    'ns per event, all answers equal',
    ...columns.map(({ workload, policies }) => `${workload} P=${policies}`),
  ];
  return formatTable(
    'thresholds (W1), `for 30s` (W2) and windows over 60 s for every key (W3), by the peers’ benchmark',
    head,
    rows,
  );
}

function cell(result: PeerResult | undefined): string {
  if (result === undefined) return '–';
  if (result.MISMATCH) return 'WRONG ANSWERS';
  if (result.ns === undefined) return result.skipped === undefined ? 'failed' : 'skipped';
  return result.ns.toLocaleString('en-US', { maximumFractionDigits: result.ns < 100 ? 1 : 0 });
}
