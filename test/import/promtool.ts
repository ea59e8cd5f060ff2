// Asks Debian's `promtool` when alerts fire on given series. One call for many rules: each is a test file of its own,
// whose expectations are wrong on purpose, so that the answer is printed.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SampledRule } from './oracle-series.ts';

export interface PromtoolCase {
  readonly expression: string;
  readonly forMs: number;
  readonly sampled: SampledRule;
}

/** Ticks at which the alert fires, by the labels of the alert as JSON with sorted names. */
export type FiringTicks = ReadonlyMap<string, readonly number[]>;

export function promtoolVersion(): string | null {
  const { stdout, stderr, status } = spawnSync('promtool', ['--version'], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.split('\n', 1)[0] : null;
}

/** In the order of the cases; an error where Prometheus refuses the rule or its evaluation. */
export function promtoolFirings(cases: readonly PromtoolCase[]): readonly FiringTicks[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ddl-promtool-'));
  try {
    const files = cases.map((each, index) => writeCase(folder, each, index));
    return files.map((file, index) => {
      const { stdout, stderr, error } = spawnSync('promtool', ['test', 'rules', file], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      if (error !== undefined) throw error;
      return readFirings(`${stdout}\n${stderr}`, cases[index]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeCase(folder: string, { expression, forMs, sampled }: PromtoolCase, index: number): string {
  const { tickMs, ticks, sources } = sampled;
  const rules = {
    groups: [{ name: 'g', rules: [{ alert: 'probe', expr: expression, ...(forMs > 0 ? { for: `${forMs}ms` } : {}) }] }],
  };
  writeFileSync(path.join(folder, `rules-${index}.json`), JSON.stringify(rules));
  const series = sources.flatMap(({ labels, metrics }) =>
    [...metrics].map(([metric, samples]) => ({
      series: `${metric}{${Object.entries(labels)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}}`,
      values: samples.map((value) => (value === null ? '_' : String(value))).join(' '),
    })),
  );
  const interval = `${tickMs}ms`;
  const tests = {
    rule_files: [`rules-${index}.json`],
    evaluation_interval: interval,
    tests: [
      {
        interval,
        input_series: series,
        promql_expr_test: Array.from({ length: ticks }, (_, tick) => ({
          expr: 'ALERTS{alertstate="firing"}',
          eval_time: `${tick * tickMs}ms`,
          exp_samples: [],
        })),
      },
    ],
  };
  writeFileSync(path.join(folder, `test-${index}.json`), JSON.stringify(tests));
  return `test-${index}.json`;
}

function readFirings(output: string, { sampled, expression }: PromtoolCase): FiringTicks {
  const firings = new Map<string, number[]>();
  const lines = output.split('\n');
  let tick = -1;
  for (const line of lines) {
    const time = /^\s+expr: "ALERTS.*", time: ([^,]+),$/.exec(line)?.[1];
    if (time !== undefined) tick = Math.round(promMs(time) / sampled.tickMs);
    const got = /^\s+got: (.*)$/.exec(line)?.[1];
    if (got !== undefined && got !== 'nil') {
      for (const labels of alertLabels(got)) {
        const known = firings.get(labels) ?? [];
        known.push(tick);
        firings.set(labels, known);
      }
    }
    if (
      /^\s*(?:rule_files|error|FAILED:\n?\s*error)/.test(line) ||
      line.includes('err:') ||
      line.includes('parse error')
    )
      throw new Error(`promtool on ${expression}: ${line.trim()}`);
  }
  return firings;
}

/** Go's way to write a duration: `1h2m3.5s`. */
function promMs(text: string): number {
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|h|m|s|d|w)/g))
    ms +=
      Number(count) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[unit] ?? Number.NaN);
  return ms;
}

/** `{__name__="ALERTS", a="1", alertname="probe", …} 1E+00, {…} 1E+00` */
function alertLabels(got: string): readonly string[] {
  return [...got.matchAll(/\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\} 1E\+00/g)].map(([, body]) => {
    const labels: Record<string, string> = {};
    for (const [, name, value] of body.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*")/g)) {
      if (!['__name__', 'alertname', 'alertstate'].includes(name)) labels[name] = JSON.parse(value) as string;
    }
    return JSON.stringify(
      Object.fromEntries(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))),
    );
  });
}
