// Runs a random case on one evaluator, cut into batches of its own, and tells everything that can be seen of it.

import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { StateSlot } from '../../runtime/contract.ts';
import { explicitPoint } from '../../runtime/evaluate/histogram-point.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';
import { type Evaluator, Session, type SessionListener } from '../../runtime/evaluate/session.ts';
import type { RandomCase } from '../support/random-program.ts';
import {
  type Cell,
  keyValues,
  metricNames,
  podValues,
  type Step,
  tagValues,
  valueGrid,
} from '../support/random-stream.ts';

export const startMs = Date.UTC(2026, 0, 1);

/** Everything that an evaluator did, comparable by `toEqual`. */
export interface Trace {
  /** Decisions and re-arms in the order in which they came. */
  readonly log: readonly string[];
  readonly skips: readonly string[];
  readonly late: readonly string[];
  readonly merged: number;
  readonly waiting: number;
  readonly state: readonly string[];
}

export function irOf(text: string): ProgramIr {
  const { ir, diagnostics } = analyse([{ file: 'random.ddl', text }]);
  if (ir === null) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    throw new Error(`${errors.map(({ message }) => message).join('\n')}\n${text}`);
  }
  return ir;
}

/** By position in `valueGrid`: what grew since the last, and what is there since a start; the same buckets everywhere. */
const histograms = valueGrid.map((_, at) => {
  const counts = [at, 1, at % 3, 0];
  const count = counts.reduce((sum, each) => sum + each, 0);
  return explicitPoint([0.5, 1, 2], counts, {
    count,
    sum: count * 2,
    delta: at < 3,
    startMs: at < 6 ? Number.NaN : at,
  });
});

/** After how many events a batch ends; 0 is one batch for all. */
export type Cuts = (event: number) => boolean;

export const everyEvent: Cuts = () => true;

/** Random batches, at most `longest` events on average, from a seed. */
export function randomCuts(seed: number, longest: number): Cuts {
  let state = (seed | 0) + 1;
  return () => {
    // Source: Marsaglia (2003), xorshift32.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % longest === 0;
  };
}

/** What goes on after an event, counted from 0: the session at hand or one that takes its place. */
export type Handover = (session: Session, event: number, begin: (evaluator: Evaluator) => Session) => Session;

const noHandover: Handover = (session) => session;

export function runCase(
  evaluator: Evaluator,
  steps: readonly Step[],
  cuts: Cuts,
  handover: Handover = noHandover,
  forgets = false,
): Trace {
  const log: string[] = [];
  const skips = new Map<string, number>();
  const late: string[] = [];
  const listener: SessionListener = {
    propose: ({ policy, key, at, cause, pendingAt, values, tags }) =>
      log.push(
        `fire ${policy.name} ${key} ${at - startMs} ${cause} ${pendingAt - startMs} ${JSON.stringify(values)} ${JSON.stringify(tags)}`,
      ),
    rearm: (policy, key, at) => log.push(`rearm ${policy} ${key} ${at - startMs}`),
    skip: (policy, key, missing) => {
      const what = `${policy} ${key} ${missing.join(' ')}`;
      skips.set(what, (skips.get(what) ?? 0) + 1);
    },
    late: (schema, key, at, behindMs) => late.push(`${schema} ${key} ${at - startMs} ${behindMs}`),
    deadLetter: (letter) => {
      throw new Error(letter.message);
    },
  };
  const begin = (own: Evaluator): Session => new Session(own, listener, { ...defaultIntakeLimits, forgets });
  const session = feed(begin(evaluator), steps, cuts, (before, event) => handover(before, event, begin));
  session.partition.close();
  return {
    log,
    skips: [...skips].map(([what, count]) => `${what}: ${count}`).sort(),
    late,
    merged: session.partition.merged,
    waiting: session.partition.waiting,
    state: stateOf(session, evaluator),
  };
}

/** Returns the session that was fed last. */
export function feed(
  first: Session,
  steps: readonly Step[],
  cuts: Cuts,
  next: (session: Session, event: number) => Session = (session) => session,
): Session {
  let session = first;
  let now = startMs;
  let events = 0;
  for (const step of steps) {
    if (step.kind === 'punctuate') session.partition.punctuate();
    else if (step.kind === 'advance') {
      now += step.afterMs;
      session.partition.advance(now);
    } else {
      let time = now + step.afterMs;
      for (let index = 0; index < step.count; index++) {
        const { schema, key, region, zone, pods, cells, others, period } = step;
        const pod = pods[index % pods.length];
        append(session, { schema, key, time, region, zone, pod, cells: index % period === 0 ? others : cells });
        now = Math.max(now, time);
        if (cuts(events)) session.partition.drain();
        session = next(session, events++);
        time += step.stepMs;
      }
    }
  }
  return session;
}

interface Event {
  readonly schema: number;
  readonly key: number;
  readonly time: number;
  readonly region: number;
  readonly zone: number;
  readonly pod: number;
  readonly cells: readonly Cell[];
}

function append(session: Session, event: Event): void {
  const { intake } = session;
  const schema = intake.schemas[event.schema];
  const { rows } = schema;
  const row = rows.append(event.time, schema.keys.intern(keyValues[event.key]), intake.seq++);
  for (const [at, value] of [event.region, event.zone].entries()) {
    if (value >= 0) rows.tags[row * rows.tagWidth + at] = schema.tags[at].intern(tagValues[value]);
  }
  if (event.pod >= 0) rows.tags[row * rows.tagWidth + 2] = schema.tags[2].intern(podValues[event.pod]);
  for (const [index, cell] of event.cells.entries()) {
    const slot = schema.metricSlot.get(metricNames[index]) as number;
    if (schema.pointColumn[slot] >= 0) schema.writePoint(row, slot, typeof cell === 'number' ? histograms[cell] : null);
    else if (typeof cell === 'number') rows.values[row * rows.width + slot] = valueGrid[cell];
    else if (cell === 'absent' && !schema.meta.metrics[slot].optional) rows.lacks[row] = 1;
  }
}

/** State by policy and key; what means nothing is left out. */
function stateOf(session: Session, evaluator: Evaluator): readonly string[] {
  const lines: string[] = [];
  for (const [index, policy] of evaluator.meta.policies.entries()) {
    const judge = session.partition.judge(policy.schema);
    const { keys } = session.intake.schemas[policy.schema];
    for (let key = 0; key < keys.size; key++) {
      if (!keys.has(key)) continue;
      const state = judge.stateOf(index, key);
      const canonical = policy.state.map((slot, at) => describeSlot(slot, policy.state, at, state));
      lines.push(`${policy.name} ${keys.value(key)}: ${canonical.join(' ')}`);
    }
  }
  return lines;
}

function describeSlot(slot: StateSlot, slots: readonly StateSlot[], at: number, state: Float64Array | null): string {
  const name = 'timer' in slot ? `${slot.kind}${slot.timer}` : slot.kind;
  let value = state?.[at] ?? Number.NaN;
  if (state === null && slot.kind === 'active') value = 0;
  if (slot.kind === 'since') {
    const seen = slots.findIndex((other) => other.kind === 'seen' && other.timer === slot.timer);
    if (state === null || !Number.isFinite(state[seen])) value = Number.NaN;
  }
  if (slot.kind === 'active') return `${name}=${value}`;
  return `${name}=${Number.isFinite(value) ? value - startMs : '-'}`;
}

export const evaluatorKinds: readonly EvaluatorKind[] = ['interpreter', 'plain', 'generated'];

/** The interpreter event by event, and what the others, differently cut, must therefore do. */
export function traces(random: RandomCase, seed: number, longest: number): readonly (readonly [string, Trace])[] {
  const ir = irOf(random.text);
  return [
    ['interpreter, event by event', runCase(createEvaluator(ir, 'interpreter'), random.steps, everyEvent)],
    ['interpreter', runCase(createEvaluator(ir, 'interpreter'), random.steps, randomCuts(seed, longest))],
    ['plain', runCase(createEvaluator(ir, 'plain'), random.steps, randomCuts(seed + 17, longest))],
    ['generated', runCase(createEvaluator(ir, 'generated'), random.steps, randomCuts(seed + 99, longest))],
  ];
}

/** Who differs from the interpreter and in what; `null` when all agree. */
export function firstDifference(random: RandomCase, seed: number, longest: number): string | null {
  const [[, reference], ...others] = traces(random, seed, longest);
  for (const [name, trace] of others) {
    const difference = traceDifference(['interpreter, event by event', reference], [name, trace]);
    if (difference !== null) return difference;
  }
  return null;
}

/** In what two named traces differ; `null` when in nothing. */
export function traceDifference(
  [expectedName, reference]: readonly [string, Trace],
  [name, trace]: readonly [string, Trace],
): string | null {
  for (const field of Object.keys(reference) as (keyof Trace)[]) {
    const [expected, actual] = [reference[field], trace[field]];
    if (JSON.stringify(expected) === JSON.stringify(actual)) continue;
    return `${name}: ${field}\n  ${expectedName} ${listDifference(expected, actual)}\n  ${name} ${listDifference(actual, expected)}`;
  }
  return null;
}

function listDifference(list: Trace[keyof Trace], other: Trace[keyof Trace]): string {
  if (typeof list === 'number' || typeof other === 'number') return String(list);
  const at = list.findIndex((line, index) => line !== other[index]);
  return at < 0 ? `ends after ${list.length}` : `[${at}] ${list[at]}`;
}
