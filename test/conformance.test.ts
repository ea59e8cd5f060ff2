// The law of time, sentence by sentence: each numbered sentence of compiler/reference/time.md has one case under
// test/language/time, named by its number, and each case a sentence. A case runs on all three evaluators, whose decisions
// and state must agree.
//
// A case is `input.ddl` with `test` blocks, or, where arrival, batches or counts matter, `input.ddl` with `events.jsonl`
// and `expected.json`; those are run in batches of every size and must come out the same.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind } from '../cli/program.ts';
import { runTests } from '../cli/test-runner.ts';
import { type Analysis, analyse } from '../compiler/analyse.ts';
import { Replay } from '../runtime/replay.ts';
import { observeState } from './support/observe-state.ts';
import { replayEvents } from './support/replay-events.ts';

const evaluators: readonly EvaluatorKind[] = ['interpreter', 'plain', 'generated'];
const folder = path.join(import.meta.dirname, 'language/time');
const page = path.join(import.meta.dirname, '../compiler/reference/time.md');
const cases = fs.readdirSync(folder).sort();

/** Sentences of the page: `12. A sentence. [case](…/12-name)`. */
function sentences(): readonly { readonly number: number; readonly name: string }[] {
  const found = [];
  for (const line of fs.readFileSync(page, 'utf8').split('\n')) {
    if (!/^\d+\. /.test(line)) continue;
    const match = /^(\d+)\. .*\[case\]\(\.\.\/\.\.\/test\/language\/time\/([^)/]+)\/?\)$/.exec(line);
    if (match === null) throw new Error(`the sentence names no case: ${line}`);
    found.push({ number: Number(match[1]), name: match[2] });
  }
  return found;
}

test('every sentence has its case and every case its sentence', () => {
  const named = sentences();
  expect(named.map((sentence) => sentence.name)).toEqual(cases);
  expect(named.map((sentence) => sentence.number)).toEqual(cases.map((_, index) => index + 1));
  expect(cases.map((name) => Number(name.slice(0, 2)))).toEqual(cases.map((_, index) => index + 1));
});

describe.each(cases)('%s', (name) => {
  const program = analyseCase(name);

  test('compiles without errors', () => {
    expect(program.diagnostics.filter((found) => found.severity === 'error')).toEqual([]);
  });

  if (fs.existsSync(path.join(folder, name, 'events.jsonl'))) recorded(name, program);
  else tested(program);
});

function analyseCase(name: string): Analysis {
  const file = path.join(folder, name, 'input.ddl');
  return analyse([{ file: 'input.ddl', text: fs.readFileSync(file, 'utf8') }]);
}

/** A case with `test` blocks, each run on its own. */
function tested(program: Analysis): void {
  const run = (kind: EvaluatorKind) =>
    program.testPlans.map((plan) => {
      const { evaluator, states } = observeState(createEvaluator(irOf(program), kind));
      const [result] = runTests({ testPlans: [plan] }, evaluator);
      return { result, states: states() };
    });

  test.each(evaluators)('says so on %s', (kind) => {
    const runs = run(kind);
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.map(({ result }) => result).filter((result) => result.outcome !== 'passed')).toEqual([]);
  });

  test('leaves the same state on all evaluators', () => {
    const [first, ...others] = evaluators.map((kind) => run(kind).map(({ states }) => states));
    for (const other of others) expect(other).toEqual(first);
  });
}

/** A case with recorded events. */
function recorded(name: string, program: Analysis): void {
  const events = fs
    .readFileSync(path.join(folder, name, 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const expected = JSON.parse(fs.readFileSync(path.join(folder, name, 'expected.json'), 'utf8'));

  test.each(evaluators)('says so on %s, in batches of every size', (kind) => {
    for (let size = 1; size <= events.length; size++) {
      const { outcome } = replayEvents(irOf(program), kind, events, size);
      // Only what the case is about is written down.
      const told = Object.fromEntries(
        Object.keys(expected).map((part) => [part, outcome[part as keyof typeof outcome]]),
      );
      expect(told, `in batches of ${size}`).toEqual(expected);
    }
  });

  test('leaves the same state on all evaluators, in batches of every size', () => {
    const first = replayEvents(irOf(program), 'interpreter', events, 1).states;
    for (const kind of evaluators) {
      for (let size = 1; size <= events.length; size++) {
        expect(replayEvents(irOf(program), kind, events, size).states, `${kind}, in batches of ${size}`).toEqual(first);
      }
    }
  });
}

function irOf({ ir }: Analysis) {
  if (ir === null) throw new Error('the case does not compile');
  return ir;
}

describe('what an engine adds', () => {
  const program = analyse([
    {
      file: 'input.ddl',
      text: [
        'schema service {\n  key id\n  metric x: number\n  stale after 10s\n  lateness 1d\n}',
        'schema prompt {\n  key id\n  metric y: number\n  stale after 10s\n}',
        'policy p {\n  on service\n  when x > 5\n  do notify("fires")\n}',
        'policy q {\n  on prompt\n  when y > 5\n  do notify("fires")\n}',
        '',
      ].join('\n\n'),
    },
  ]);

  function session() {
    const fired: string[] = [];
    const replay = new Replay(createEvaluator(irOf(program), 'generated'), {
      decision: ({ policy, at }) => fired.push(`${policy} at ${at}`),
    });
    const append = (schema: string, at: number, value: number, key = 'a'): void => {
      const intake = replay.session.intake.schema(schema);
      if (intake === undefined) throw new Error(`there is no schema ${schema}`);
      const row = intake.rows.append(at, intake.keys.intern(key), replay.session.intake.seq++);
      intake.rows.values[row * intake.rows.width] = value;
    };
    return { replay, append, fired };
  }

  test('a quiet source closes the time that it has reached', () => {
    const { replay, append, fired } = session();
    append('prompt', 1000, 9);
    replay.drain();
    expect(fired).toEqual([]);
    replay.session.partition.punctuate();
    expect(fired).toEqual(['q at 1000']);
    append('prompt', 1000, 1);
    append('prompt', 1000, 9, 'b');
    append('prompt', 1001, 1);
    replay.drain();
    expect(replay.counts.late).toBe(1);
    expect(fired).toEqual(['q at 1000', 'q at 1000']);
  });

  test('a full reorder buffer gives up its earlier half', () => {
    const rowsMax = 262_144;
    const { replay, append, fired } = session();
    for (let row = 0; row < rowsMax; row++) append('service', row, row === 100 ? 9 : 1);
    replay.drain();
    expect(fired).toEqual([]);
    append('service', rowsMax, 1);
    replay.drain();
    expect(fired).toEqual(['p at 100']);
    append('service', rowsMax / 2 - 1, 1);
    append('service', rowsMax / 2 + 1, 1);
    replay.drain();
    expect(replay.counts.late).toBe(1);
  });
});
