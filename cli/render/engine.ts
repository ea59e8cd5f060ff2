// What an engine says when it starts: what it found, what it watches, how to point telemetry at it.

import { styleText } from 'node:util';
import type { PolicyMeta, ProgramMeta } from '../../runtime/contract.ts';
import type { EngineStart } from '../../runtime/engine.ts';

export function renderFound({ ledgerFolder, takenOverFrom, found, resumed }: EngineStart): string {
  const lines = [`ledger ${ledgerFolder}`];
  if (found.decisions === 0) lines.push('  new: no decisions yet');
  else {
    const newest = found.newestAt === null ? '' : `, the newest of ${new Date(found.newestAt).toISOString()}`;
    lines.push(`  ${found.decisions} decisions from before${newest}`);
  }
  if (takenOverFrom !== null)
    lines.push(`  the engine that held it (process ${takenOverFrom}) ended without closing it`);
  if (found.interrupted > 0) {
    lines.push(
      `  ${found.interrupted} actions were cut off; nobody can tell whether they arrived, so they are closed as expired`,
    );
  }
  if (found.tooOld > 0) lines.push(`  ${found.tooOld} actions had not begun and are too old now: closed as expired`);
  if (found.unreadable > 0) lines.push(`  ${found.unreadable} rows can't be read and were left alone`);
  if (resumed > 0) lines.push(`  ${resumed} actions had not begun: carried out now`);
  return lines.join('\n');
}

export interface WatchedOptions {
  readonly color: boolean;
  readonly pid: number;
  readonly dir: string;
}

export function renderWatched(
  program: ProgramMeta,
  sources: readonly string[],
  { color, pid, dir }: WatchedOptions,
): string {
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text);
  const width = Math.max(...program.policies.map((policy) => policy.name.length), 6);
  const policies = program.policies.map(
    (policy) =>
      `  ${policy.name.padEnd(width)}  ${policy.mode.padEnd(7)}  ${program.schemas[policy.schema].name}  ${gatesOf(policy)}  ${policy.source}`,
  );
  return [
    `${bold('policies')} (${dir})`,
    ...policies,
    bold('watching'),
    ...sources.map((source) => `  ${source}`),
    bold('next'),
    '  your own service:  set OTEL_EXPORTER_OTLP_METRICS_ENDPOINT to the address above, and declare what it sends in a schema',
    `  stop:              Ctrl-C, or kill ${pid}`,
    '',
    '',
  ].join('\n');
}

function gatesOf({ cooldownMs, limit }: PolicyMeta): string {
  const cooldown = `cooldown ${cooldownMs / 1000}s`;
  return limit === null ? cooldown : `${cooldown}, ${limit.count} per ${limit.perMs / 1000}s`;
}
