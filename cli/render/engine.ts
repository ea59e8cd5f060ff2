// What an engine says when it starts: what it found, what it watches, how to point telemetry at it.

import { styleText } from 'node:util';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import { isCarriedOut } from '../../runtime/actions/index.ts';
import type { ActionMeta, FleetMeta, PolicyMeta, ProgramMeta } from '../../runtime/contract.ts';
import { endpointOf } from '../../runtime/inventory/fleet-webhook.ts';
import type { OpenedEngine } from '../../runtime/open-engine.ts';

export function renderFound({ ledger, gates, takenOverFrom, report }: OpenedEngine): string {
  const { found, resume } = report;
  const lines = gates === null ? [`ledger ${ledger}`] : [`ledger ${ledger}`, `gates ${gates}`];
  // A ledger that engines share has its own history.
  if (found.decisions === 0) lines.push('  new: no decisions yet');
  else {
    const newest = found.newestAt === null ? '' : `, the newest of ${new Date(found.newestAt).toISOString()}`;
    lines.push(`  ${plural(found.decisions, 'decision')} from before${newest}`);
  }
  if (takenOverFrom !== null)
    lines.push(`  the engine that held it (process ${takenOverFrom}) ended without closing it`);
  if (found.interrupted > 0) {
    const cut = plural(found.interrupted, 'action');
    lines.push(`  ${cut} cut off: looked up now where that can be done, closed as expired where it can’t`);
  }
  if (found.tooOld > 0) lines.push(`  ${plural(found.tooOld, 'action')} not begun and too old now: closed as expired`);
  if (found.unreadable > 0)
    lines.push(`  ${plural(found.unreadable, 'action')} of decisions that can't be read, closed as expired`);
  if (resume.length > 0) lines.push(`  ${plural(resume.length, 'action')} not begun before: carried out now`);
  return lines.join('\n');
}

export interface WatchedOptions {
  readonly color: boolean;
  readonly pid: number;
  /** The folder of the program, as it was given. */
  readonly dir: string;
  /** How the reader calls ddlc. */
  readonly command: string;
  /** Address of the OTLP receiver; `null` when it is off. */
  readonly otlpUrl: string | null;
  /** Address of the HTTP API; `null` when it is off. */
  readonly controlUrl: string | null;
}

export function renderWatched(
  program: ProgramMeta,
  sources: readonly string[],
  { color, pid, dir, command, otlpUrl, controlUrl }: WatchedOptions,
): string {
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text);
  const rows = program.policies.map((policy) => [
    policy.name,
    policy.mode,
    `on ${program.schemas[policy.schema].name}`,
    gatesOf(policy),
    policy.source,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const send = otlpUrl === null ? [] : [`  your own service   OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${otlpUrl}`];
  return [
    bold(`policies in ${dir}`),
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()),
    ...notesOn(program),
    bold('watching'),
    ...sources.map((source) => `  ${source}`),
    bold('next'),
    ...send,
    `  your own policies  \`${command} init my-policies\`, declare there what your service sends, then \`${command} run my-policies\``,
    ...(controlUrl === null ? [] : [`  what it does       \`${command} status --engine ${controlUrl}\``]),
    `  stop               Ctrl-C, or kill ${pid}`,
    '',
    '',
  ].join('\n');
}

/** What a policy's author might expect and this build does not do. */
function notesOn(program: ProgramMeta): readonly string[] {
  const { policies } = program;
  const notCarriedOut = (action: ActionMeta): boolean =>
    targetsOf(action, program).some(
      (fleet) => !isCarriedOut({ name: action.name, endpoint: endpointOf(action, fleet) }),
    );
  const approved = policies.filter(({ mode }) => mode === 'approve');
  return [
    ...policies.flatMap(({ name, mode, actions }) => {
      const recorded = mode === 'enforce' ? actions.filter(notCarriedOut).map((action) => action.name) : [];
      if (recorded.length === 0) return [];
      return [`  note: ${name} may act, but this build only records ${[...new Set(recorded)].join(', ')}`];
    }),
    ...approved.map(({ name }) => `  note: ${name} waits for approvals, which this build has no way to give`),
  ];
}

/** Every fleet that the action may turn out to mean. */
function targetsOf({ target }: ActionMeta, { fleets }: ProgramMeta): readonly (FleetMeta | null)[] {
  if (target === null) return [null];
  return fleets.filter((fleet) => (target.kind === 'fleet' ? fleet.name === target.fleet : fleet.service !== null));
}

function gatesOf({ cooldownMs, limit }: PolicyMeta): string {
  const cooldown = `cooldown ${formatMs(cooldownMs)}`;
  return limit === null ? cooldown : `${cooldown}, ${limit.count} per ${formatMs(limit.perMs)}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
