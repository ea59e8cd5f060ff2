// The answer to "why" and "why not", for people and as JSON.

import { describeNumber } from '../../compiler/4-lower/describe.ts';
import { isCoverage } from '../../compiler/4-lower/lower-missing.ts';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import { durationText } from '../../runtime/admission/wording.ts';
import { decisionLine } from '../backtest.ts';
import type { Answer, ClauseAnswer } from '../why/answer.ts';
import { displayType } from '../why/needs.ts';
import type { Sighting } from '../why/sighting.ts';
import type { Watch } from '../why/watch.ts';
import { clauseDetail, nearestTexts, verdictText } from '../why/words.ts';
import { describeAction, formatValue } from './decision.ts';
import { printable } from './printable.ts';

/** Where a part of a condition was written: `file.ddl:line`. */
export type SourceOf = (node: object, policySource: string) => string;

export function renderWhy(answer: Answer, watch: Watch, sourceOf: SourceOf): string {
  const { policy, key, at } = watch;
  const time = timeBeside(at);
  const { sighting, decision } = answer;
  const lines = [
    `${policy.meta.name} for ${printable(key)} at ${isoTime(at)}  (${sourceOf(policy, policy.meta.source)})`,
    printable(`${verdictText(answer, watch, time)}.`),
    ...(sighting === null ? [] : [eventText(sighting, at, time)]),
    ...(['where', 'when', 'until'] as const).flatMap((place) => clauseLines(place, answer, watch, sourceOf)),
    ...valueLines(sighting),
    ...gateLines(answer),
    ...(decision === null || decision.outcome === 'refused'
      ? []
      : ['', `${decision.outcome}: ${printable(decision.actions.map(describeAction).join(', '))}`]),
    ...section('nearest', nearestTexts(answer, watch, time)),
    ...section('around', aroundTexts(answer, watch)),
  ];
  return `${lines.join('\n')}\n`;
}

function eventText({ at, tick }: Sighting, asked: number, time: (at: number) => string): string {
  const what = tick ? 'a deadline that passed' : 'the event';
  if (at === asked) return `judged at ${tick ? 'a deadline that passed' : 'an event of'} that moment`;
  return `between events: the last before was ${what} at ${time(at)}, ${durationText(asked - at)} earlier; all below is as it was then`;
}

function clauseLines(
  place: ClauseAnswer['clause'],
  { clauses, whole, sighting }: Answer,
  watch: Watch,
  sourceOf: SourceOf,
): readonly string[] {
  const own = clauses.filter(({ clause }) => clause === place);
  const truth = whole[place];
  if (own.length === 0 || truth === undefined || sighting === null) return [];
  const width = Math.max(...own.map(({ text }) => text.length));
  const time = timeBeside(watch.at);
  return [
    '',
    `${place} is ${truthText(truth)}`,
    ...own.map((clause) => {
      const source = sourceOf(clause.node, watch.policy.meta.source);
      const detail = printable(clauseDetail(clause, time));
      return `  ${truthText(clause.truth).padEnd(8)}${clause.text.padEnd(width)}  ${`${detail}`.padEnd(32)}  ${source}`.trimEnd();
    }),
  ];
}

/** Windows and held values; metrics are beside their clauses. */
function valueLines(sighting: Sighting | null): readonly string[] {
  if (sighting === null) return [];
  return section(
    'windows',
    windowsOf(sighting).map(({ text, shown }) => `${text} is ${shown}`),
  );
}

function windowsOf(
  sighting: Sighting,
): readonly { readonly text: string; readonly value: number; readonly shown: string }[] {
  const windows = new Map<string, { text: string; value: number; shown: string }>();
  for (const [node, value] of sighting.numbers) {
    if (node.op !== 'derived' || isCoverage(sighting.policy.derived[node.index].meta.label)) continue;
    const text = describeNumber(node, sighting.policy, sighting.schema);
    const shown = Number.isNaN(value) ? 'unknown' : formatValue(value, displayType(node, null, sighting));
    windows.set(text, { text, value, shown });
  }
  return [...windows.values()];
}

function gateLines({ gates, budgets, decision }: Answer): readonly string[] {
  const { limit, cooldownMs } = budgets;
  const lines: string[] = [];
  if (decision === null)
    for (const { gate, reason } of gates) if (reason !== null) lines.push(`${gate} would refuse: ${reason}`);
  if (decision?.reason !== null && decision !== null) lines.push(`refused by ${decision.reason}`);
  if (limit !== null) {
    const left = Math.max(0, limit.count - limit.used);
    lines.push(`${left} of ${limit.count} left of the limit per ${formatMs(limit.perMs)}`);
  }
  if (cooldownMs > 0) lines.push(`${durationText(cooldownMs)} left of the cooldown`);
  return section('gates', lines.map(printable));
}

function aroundTexts({ lastDecision, nextDecision }: Answer, watch: Watch): readonly string[] {
  const late =
    watch.late === 0 ? [] : [`${watch.late} events of the key came behind the watermark and were not judged`];
  const texts = [
    ['the last decision', lastDecision],
    ['the next decision', nextDecision],
  ] as const;
  return [
    ...texts.flatMap(([what, decision]) =>
      decision === null
        ? []
        : [
            `${what}: ${isoTime(decision.at)} ${decision.outcome}${decision.gate === null ? '' : ` by ${decision.gate}`}`,
          ],
    ),
    ...late,
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

/** Times are ISO, durations end in `Ms`; unknown is `null`. */
export function whyJson(answer: Answer, watch: Watch, sourceOf: SourceOf): Readonly<Record<string, unknown>> {
  const { sighting, decision, lastDecision, nextDecision, whole } = answer;
  const { policy, key, at, schema } = watch;
  const iso = (time: number | null): string | null => (time === null ? null : isoTime(time));
  return {
    policy: policy.meta.name,
    key,
    at: isoTime(at),
    source: sourceOf(policy, policy.meta.source),
    verdict: answer.verdict,
    summary: verdictText(answer, watch, isoTime),
    event:
      sighting === null
        ? null
        : { at: isoTime(sighting.at), kind: sighting.tick ? 'deadline' : 'event', beforeMs: at - sighting.at },
    activeSince: iso(watch.activeSince),
    ...whole,
    clauses: answer.clauses.map((clause) => ({
      clause: clause.clause,
      text: clause.text,
      truth: clause.truth,
      detail: clauseDetail(clause, isoTime),
      source: sourceOf(clause.node, policy.meta.source),
      lastTrue: iso(clause.lastTrue),
      timer:
        clause.timer === null
          ? null
          : { ...clause.timer, since: iso(clause.timer.since), dueAt: iso(clause.timer.dueAt) },
    })),
    metrics:
      sighting === null
        ? {}
        : Object.fromEntries(
            // Of a histogram the row holds no number; its windows are told below.
            schema.metrics.flatMap(({ name, histogram }, slot) =>
              histogram === true ? [] : [[name, known(sighting.values[slot])]],
            ),
          ),
    tags: sighting?.tags ?? {},
    windows: sighting === null ? [] : windowsOf(sighting).map(({ text, value }) => ({ text, value: known(value) })),
    lacking: answer.lacking,
    nearest: nearestTexts(answer, watch, isoTime),
    gates: answer.gates.map(({ gate, reason }) => ({ gate, refuses: reason !== null, reason })),
    budgets: answer.budgets,
    decision: decision === null ? null : decisionLine(decision),
    lastDecision: lastDecision === null ? null : decisionLine(lastDecision),
    nextDecision: nextDecision === null ? null : decisionLine(nextDecision),
    lateEvents: watch.late,
  };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function truthText(truth: boolean | null): string {
  return truth === null ? 'unknown' : String(truth);
}

function isoTime(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}

/** `10:31:20`, with its day where that is another one than `moment`’s. */
function timeBeside(moment: number): (at: number) => string {
  const day = isoTime(moment).slice(0, 10);
  return (at) => {
    const text = isoTime(at)
      .replace('T', ' ')
      .replace(/(?:\.000)?Z$/, '');
    return text.startsWith(day) ? text.slice(11) : text;
  };
}
