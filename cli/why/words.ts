// An answer in sentences: what happened, what stood in the way, and what was nearest. Times as the caller writes them.

import { describeBoolean } from '../../compiler/4-lower/describe.ts';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import type { Answer, ClauseAnswer } from './answer.ts';
import type { Need } from './needs.ts';
import { slotOf } from './sighting.ts';
import type { BrokenRun, Watch } from './watch.ts';

/** `10:31:20`, or in a test `90s`. */
export type WriteTime = (at: number) => string;

/** What stands behind a clause's truth: its value, or how far its timer has come. */
export function clauseDetail({ detail, timer, truth, node, lastTrue }: ClauseAnswer, time: WriteTime): string {
  if ((node.op === 'within' || node.op === 'sequence') && truth !== true) {
    const what = node.op === 'within' ? 'it' : 'what has to come first';
    return lastTrue === null ? `${what} was never true` : `${what} was last true at ${time(lastTrue)}`;
  }
  if (timer === null || truth === true) return detail ?? '';
  if (timer.since === null) return detail === null || detail === '' ? '' : `not running: ${detail}`;
  return `for ${formatMs(timer.elapsedMs)} of ${formatMs(timer.neededMs)}, since ${time(timer.since)}`;
}

/** What happened at the moment, in one sentence. */
export function verdictText(answer: Answer, watch: Watch, time: WriteTime): string {
  const { decision, sighting } = answer;
  const since = watch.activeSince === null ? '' : ` since ${time(watch.activeSince)}`;
  const gate = decision?.gate === null || decision === null ? '' : `, and the gate ${decision.gate} refused it`;
  switch (answer.verdict) {
    case 'unseen':
      return `no event of the key had come by then${watch.nextRowAt === null ? '' : `; the first came at ${time(watch.nextRowAt)}`}`;
    case 'aside':
      return 'the policy does not look at this event: its `where` is not true';
    case 'skipped':
      return `the policy was not judged: the event lacks ${answer.lacking.map((name) => `\`${name}\``).join(', ')}`;
    case 'fired':
      return `the policy fired at ${time(sighting?.at ?? 0)}${gate}`;
    case 'repeated':
      return `the policy, active${since}, fired again at ${time(sighting?.at ?? 0)}${gate}`;
    case 're-armed':
      return `the policy re-armed at ${time(sighting?.at ?? 0)}`;
    case 'active':
      return `the policy is active${since} and has not re-armed`;
    case 'pending':
      return 'the policy is about to fire: all that is missing is time';
    case 'idle':
      return 'the policy is armed and its condition is not true';
  }
}

/** What would have had to be different, the nearest first; empty when nothing would. */
export function nearestTexts(answer: Answer, watch: Watch, time: WriteTime): readonly string[] {
  const { verdict, needs } = answer;
  if (verdict === 'unseen' || verdict === 'skipped') return [];
  const goal =
    { aside: 'to be looked at', active: 'to re-arm', fired: '', repeated: '' }[verdict as string] ?? 'to fire';
  // What has just fired needs nothing; what is said of re-arming would only distract.
  if (goal === '') return [];
  const texts = verdict === 'pending' ? [pendingText(needs, time)] : needs.map((need) => needText(need, goal, time));
  return [...brokenTexts(answer, watch, time), ...texts, ...cooldownTexts(answer, time)];
}

function pendingText(needs: readonly Need[], time: WriteTime): string {
  const due = Math.max(...needs.map(({ dueAt }) => dueAt ?? 0));
  return `fires at the first event from ${time(due)} on if ${needs.map(({ text }) => `\`${withoutFor(text)}\``).join(' and ')} stays true`;
}

function needText({ text, truth, wanted, detail, dueAt }: Need, goal: string, time: WriteTime): string {
  if (dueAt !== null) return `${goal}, \`${withoutFor(text)}\` has to stay true until ${time(dueAt)}`;
  const because = detail === '' ? '' : `: ${detail}`;
  return `${goal}, \`${text}\` has to be ${wanted}; it is ${truth === null ? 'unknown' : truth}${because}`;
}

/** A run that was broken before its time, and when it would have been over. */
function brokenTexts({ verdict, needs }: Answer, watch: Watch, time: WriteTime): readonly string[] {
  if (verdict !== 'idle' && verdict !== 'pending') return [];
  return [...watch.brokenRuns.values()]
    .filter(({ timer }) => needs.some(({ node }) => node === timer || isWithin(node, timer.condition)))
    .map((run) => brokenText(run, watch, time));
}

function isWithin(node: unknown, tree: unknown): boolean {
  if (node === tree) return true;
  if (typeof tree !== 'object' || tree === null) return false;
  return Object.values(tree).some((value) => isWithin(node, value));
}

function brokenText({ timer, since, lastTrue, brokenAt, needs }: BrokenRun, watch: Watch, time: WriteTime): string {
  const condition = describeBoolean(timer.condition, watch.policy, watch.schema);
  const why =
    needs.length === 0
      ? `the next event came only at ${time(brokenAt)}, more than ${formatMs(watch.schema.staleMs)} later`
      : `at ${time(brokenAt)} ${needs.map(({ detail, text }) => (detail === '' ? `\`${text}\` was not true` : detail.replace(/ (is|has|carries) /, (_, verb) => ` ${past[verb] ?? verb} `))).join(', ')}`;
  return `would have been true for ${formatMs(timer.durationMs)} at ${time(since + timer.durationMs)} had \`${condition}\` stayed true: it held from ${time(since)} to ${time(lastTrue)}, and ${why}`;
}

const past: Readonly<Record<string, string>> = { is: 'was', has: 'had', carries: 'carried' };

/** An active policy fires again on its own, unless it re-arms before. */
function cooldownTexts({ verdict, sighting, whole }: Answer, time: WriteTime): readonly string[] {
  if (verdict !== 'active' || sighting === null || whole.when !== true) return [];
  const last = sighting.state[slotOf(sighting.meta, 'last-fired')];
  const due = time(last + sighting.meta.cooldownMs);
  return [`fires again at the first event from ${due} on while the condition is true`];
}

function withoutFor(text: string): string {
  return text.replace(/ for \d+(?:ms|s|m|h|d)$/, '');
}
