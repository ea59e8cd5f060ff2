// One measurement in a process of its own: `node test/bench/measure.ts evaluator KIND POLICIES SECONDS`, `… json SECONDS`,
// `… compile POLICIES`. Prints one JSON line. Time is the main thread's time on the processor, which other processes
// that take turns on it do not lengthen; `wallNs` is the clock's.

import { type EvaluatorKind, generate, loadEmitted } from '../../cli/program.ts';
import { analyseParsed } from '../../compiler/analyse.ts';
import { parse } from '../../grammar/parser.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { eventColumns, eventLine, thresholdPolicies, workloadProgram } from './peers-workload.ts';
import { compileWorkload, WorkloadRun } from './workload-run.ts';

export interface Timing {
  /** Per event: the best and the median repeat. */
  readonly ns: number;
  readonly medianNs: number;
  readonly wallNs: number;
  readonly events: number;
  /** Of the first `checkedEvents` events: how many fires, and a hash over (event, policy) that order does not change. */
  readonly fires: number;
  readonly hash: number;
}

export interface CompileTiming {
  readonly parseMs: number;
  readonly analyseMs: number;
  readonly generateMs: number;
  readonly loadMs: number;
  readonly totalMs: number;
  readonly sourceBytes: number;
  readonly generatedBytes: number;
}

export interface JsonTiming extends Timing {
  readonly parseAloneNs: number;
  readonly lineBytes: number;
}

/** Every evaluator judges these, so that answers can be compared. */
const checkedEvents = 1000;
const batchRows = 1024;

/** The main thread's time on the processor, ns. */
function threadNs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

/** Repeats `run(events)` for about `seconds` and takes the time per event. */
function timed(run: (events: number) => void, eventsMax: number, seconds: number): Omit<Timing, 'fires' | 'hash'> {
  let events = Math.min(eventsMax, checkedEvents);
  const runFor = (): number => {
    const begun = performance.now();
    run(events);
    return (performance.now() - begun) / 1000;
  };
  // The optimizing compiler needs to have seen every policy's function often, and what a start costs must not show.
  for (let warmed = 0; warmed < seconds; ) {
    const spent = runFor();
    warmed += spent;
    if (spent < seconds / 2) events = Math.min(eventsMax, events * 4);
  }
  const repeats: number[] = [];
  let wallNs = Number.POSITIVE_INFINITY;
  for (let measured = 0; measured < seconds; ) {
    const cpu = threadNs();
    let wall = 0;
    let runs = 0;
    // The processor's time is told in steps of milliseconds.
    for (; wall < Math.max(0.1, seconds / 7); runs++) wall += runFor();
    repeats.push((threadNs() - cpu) / events / runs);
    wallNs = Math.min(wallNs, (wall * 1e9) / events / runs);
    measured += wall;
  }
  repeats.sort((left, right) => left - right);
  return { ns: repeats[0], medianNs: repeats[repeats.length >> 1], wallNs, events };
}

function measureEvaluator(kind: EvaluatorKind, count: number, seconds: number): Timing {
  const policies = thresholdPolicies(count);
  const evaluator = compileWorkload(policies, 'W1', kind);
  const columns = eventColumns(100_000);
  let fires = 0;
  let hash = 0;
  const emit = (event: number, policy: number): void => {
    fires++;
    hash = (hash + Math.imul(Math.imul(event + 1, 0x9e3779b1) ^ (policy + 1), 0x85ebca6b)) | 0;
  };
  const run = (events: number): void => new WorkloadRun(evaluator, policies, emit).run(columns, events, batchRows);
  run(checkedEvents);
  const answers = { fires, hash };
  return { ...timed(run, columns.count, seconds), ...answers };
}

function measureJson(count: number, seconds: number): JsonTiming {
  const policies = thresholdPolicies(count);
  const evaluator = compileWorkload(policies, 'W1');
  const columns = eventColumns(50_000);
  const lines = Array.from({ length: columns.count }, (_, event) => eventLine(columns, event));
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const ends = lineEnds(bytes);
  let fires = 0;
  let hash = 0;
  const run = (events: number): void => {
    fires = 0;
    hash = 0;
    const judged = new WorkloadRun(evaluator, policies, (event, policy) => {
      fires++;
      hash = (hash + Math.imul(Math.imul(event + 1, 0x9e3779b1) ^ (policy + 1), 0x85ebca6b)) | 0;
    });
    const decoder = new JsonEventDecoder(judged.intake, { schema: null, where: 'bench', now: systemClock.now });
    const part = bytes.subarray(0, ends[events - 1]);
    for (let at = 0; at < part.length; ) {
      at = decoder.decode(part, batchRows, at);
      judged.partition.drain();
    }
    judged.partition.close();
    if (judged.intake.seq !== events) throw new Error(`${judged.intake.seq} events of ${events} were read`);
  };
  let sum = 0;
  const parseAlone = timed(
    (events) => {
      for (let event = 0; event < events; event++) sum += JSON.parse(lines[event]).timestamp;
    },
    lines.length,
    seconds,
  );
  if (sum === 0) throw new Error('nothing was read');
  const timing = timed(run, lines.length, seconds);
  return { ...timing, fires, hash, parseAloneNs: parseAlone.ns, lineBytes: Math.round(bytes.length / lines.length) };
}

function lineEnds(bytes: Uint8Array): readonly number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at + 1);
  return ends;
}

/** From text to a program that can judge, once, in a process that has compiled nothing before. */
function measureCompile(count: number): CompileTiming {
  const files = workloadProgram(thresholdPolicies(count), 'W2');
  const marks = [performance.now()];
  const mark = (): number => marks.push(performance.now());
  const parsed = files.map(({ file, text }) => parse(file, text));
  mark();
  const sources = parsed.map((result) => result.source);
  const { ir } = analyseParsed(
    sources,
    parsed.flatMap((result) => result.problems),
  );
  if (ir === null) throw new Error('the program does not compile');
  mark();
  const emitted = generate(ir);
  mark();
  const evaluator = loadEmitted(emitted);
  if (evaluator.code.policies.length !== count) throw new Error('policies are missing');
  mark();
  const [parseMs, analyseMs, generateMs, loadMs] = marks.slice(1).map((at, index) => at - marks[index]);
  return {
    parseMs,
    analyseMs,
    generateMs,
    loadMs,
    totalMs: marks[marks.length - 1] - marks[0],
    sourceBytes: files.reduce((sum, { text }) => sum + text.length, 0),
    generatedBytes: emitted.modules.reduce((sum, module) => sum + module.js.length, 0),
  };
}

function measure(what: string, args: readonly string[]): Timing | JsonTiming | CompileTiming {
  switch (what) {
    case 'evaluator':
      return measureEvaluator(args[0] as EvaluatorKind, Number(args[1]), Number(args[2]));
    case 'json':
      return measureJson(100, Number(args[0]));
    case 'compile':
      return measureCompile(Number(args[0]));
    default:
      throw new Error(`no measurement ${what}`);
  }
}

const [what, ...args] = process.argv.slice(2);
console.log(JSON.stringify(measure(what, args)));
