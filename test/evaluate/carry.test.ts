// Another program takes over the state of a running one: policies that are the same in both go on as if nothing had been,
// whatever comes, goes or changes its place around them; what is new begins empty.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { type Evaluator, Session } from '../../runtime/evaluate/session.ts';
import { carry, carryReport } from '../../runtime/evaluate/state/carry.ts';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';
import { irOf, randomCuts, runCase, startMs, type Trace, traceDifference } from './judge-case.ts';

const runs = { numRuns: 120, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false };
const few = fc.constantFrom(1, 3, 10, 40);

function evaluatorOf(text: string): Evaluator {
  return createEvaluator(irOf(text), 'generated');
}

function toItself(random: RandomCase, seed: number, longest: number, every: number): void {
  const evaluator = evaluatorOf(random.text);
  const expected = runCase(evaluator, random.steps, randomCuts(seed, longest));
  const actual = runCase(evaluator, random.steps, randomCuts(seed, longest), (session, event) =>
    (event + seed) % every === 0 ? carry(session, evaluatorOf(random.text)) : session,
  );
  expect(traceDifference(['in one go', expected], ['carried over', actual])).toBeNull();
}

/** The text's parts before its policies, and its policies. */
function partsOf(text: string): { readonly head: readonly string[]; readonly policies: readonly string[] } {
  const parts = text.trimEnd().split('\n\n');
  const first = parts.findIndex((part) => /^(tune|policy) /.test(part));
  return { head: parts.slice(0, first), policies: parts.slice(first) };
}

/** What is told of some policies; deadlines of one moment come in the order of ids, which may differ. */
function ofPolicies(trace: Trace, names: ReadonlySet<string>): Partial<Trace> {
  const isTheirs = (line: string, at: number): boolean => names.has(line.split(' ')[at]);
  return {
    log: trace.log.filter((line) => isTheirs(line, 1)).sort(),
    skips: trace.skips.filter((line) => isTheirs(line, 0)),
    late: trace.late,
    merged: trace.merged,
    waiting: trace.waiting,
    state: trace.state.filter((line) => isTheirs(line, 0)).sort(),
  };
}

/** Swaps, again and again, for a program with some policies gone and the rest in another order, and back. */
function toOthers(random: RandomCase, seed: number, longest: number, every: number): void {
  const { head, policies } = partsOf(random.text);
  const staying = policies.filter((_, index) => (seed >> index) % 2 === 0);
  const turned = [...head, ...staying.toReversed()].join('\n\n');
  const names = new Set(staying.map((text) => /policy (\w+)/.exec(text)?.[1] ?? ''));
  const [whole, part] = [evaluatorOf(random.text), evaluatorOf(turned)];
  const expected = runCase(whole, random.steps, randomCuts(seed, longest));
  let swaps = 0;
  // The state is told by the names of the program that ends: it is the whole one again.
  const last = random.steps.reduce((sum, step) => sum + (step.kind === 'events' ? step.count : 0), 0) - 1;
  const actual = runCase(whole, random.steps, randomCuts(seed, longest), (session, event) => {
    if (event === last) return swaps % 2 === 1 ? carry(session, whole) : session;
    return (event + seed) % every === 0 ? carry(session, swaps++ % 2 === 0 ? part : whole) : session;
  });
  expect(ofPolicies(actual, names)).toEqual(ofPolicies(expected, names));
}

describe.each([
  ['on everything mixed', arbitraryCase, [1, 3, 20], 1],
  ['on long runs under many policies', arbitraryLongRuns, [20, 60, 1000], 10],
] as const)('%s', (_, cases, batches, rarer) => {
  test.each([
    ['the same program goes on as if nothing had been', toItself],
    ['policies that stay go on so, whatever comes and goes beside them', toOthers],
  ] as const)('%s', (_name, holds) => {
    fc.assert(
      fc.property(cases, fc.nat(1000), fc.constantFrom(...batches), few, (random, seed, longest, every) =>
        holds(random, seed, longest, every * rarer),
      ),
      runs,
    );
  });
});

describe('what is carried', () => {
  const schema = (more = ''): string =>
    `schema service {\n  key id\n  tag region\n  metric load: number optional\n  metric depth: number optional\n${more}}\n`;
  const policy = (name: string, where: string, rest: string): string =>
    `policy ${name} {\n  on service${where}\n  ${rest}\n  do notify("look here")\n}\n`;

  /** A session that swaps programs, told about in lines. */
  class Swapped {
    readonly log: string[] = [];
    session: Session;

    constructor(text: string) {
      this.session = new Session(evaluatorOf(text), {
        propose: ({ policy: { name }, key, at, cause, values }) =>
          this.log.push(`${name} ${key} ${at - startMs} ${cause} ${Object.values(values).join(' ')}`),
        rearm: (name, key, at) => this.log.push(`${name} ${key} ${at - startMs} rearm`),
        skip() {},
        late: (name, key, at) => this.log.push(`${name} ${key} ${at - startMs} late`),
        deadLetter() {},
        fault() {},
      });
    }

    /** Events of 1 s each from `fromMs` to `toMs`, both included. */
    send(fromMs: number, toMs: number, load: number, key = 'a', region = 'eu'): this {
      const { intake, partition } = this.session;
      const [service] = intake.schemas;
      for (let at = fromMs; at <= toMs; at += 1000) {
        const { rows } = service;
        const row = rows.append(startMs + at, service.keys.intern(key), intake.seq++);
        rows.values[row * rows.width + (service.metricSlot.get('load') as number)] = load;
        rows.tags[row * rows.tagWidth + (service.tagSlot.get('region') as number)] = service.tags[0].intern(region);
      }
      partition.drain();
      return this;
    }

    swap(text: string | Evaluator): this {
      this.session = carry(this.session, typeof text === 'string' ? evaluatorOf(text) : text);
      return this;
    }
  }

  test('a policy that changed only in a threshold keeps its windows, not its timers', () => {
    const text = (bar: number): string => schema() + policy('mean', '', `when (avg(load over 1m) > ${bar}) for 10s`);
    const session = new Swapped(text(5)).send(0, 20_000, 9).swap(text(4)).send(21_000, 33_000, 0);
    // 21 of 31 samples are 9; the timer began anew at the row that waited for the swap.
    expect(session.log).toEqual(['mean a 10000 condition 9', `mean a 30000 condition ${(21 * 9) / 31}`]);
  });

  test('ids that move for the literals of the new program are told apart as before', () => {
    const old = schema() + policy('slow', '', 'when load > 5 for 3s');
    const bound = policy('one', ' where id == "c" and region == "us"', 'when load > 5 for 2s');
    const session = new Swapped(old);
    for (const key of ['a', 'b', 'c']) session.send(0, 0, 9, key);
    session.swap(schema() + bound + policy('slow', '', 'when load > 5 for 3s'));
    for (let at = 1000; at <= 4000; at += 1000) for (const key of ['c', 'b', 'a']) session.send(at, at, 9, key, 'us');
    expect(session.log.toSorted()).toEqual([
      'one c 3000 condition 9',
      'slow a 3000 condition 9',
      'slow b 3000 condition 9',
      'slow c 3000 condition 9',
    ]);
  });

  test('a window of which more is read than before keeps its samples, one that was not fed begins empty', () => {
    const mean = policy('mean', '', 'when avg(load over 1m) > 5');
    const spread = policy('spread', '', 'when stddev(load over 1m) > 1');
    const own = policy('own', ' where id == "b"', 'when sum(load over 5m) > 1');
    const session = new Swapped(schema() + mean + own).send(0, 5000, 6).send(5000, 5000, 1, 'b');
    session.swap(schema() + mean + spread + own.replaceAll('"b"', '"a"').replace('own', 'other'));
    session.send(6000, 7000, 0);
    // The window of 5 minutes was fed for `b` alone: for `a` it begins with the row that waited for the swap.
    expect(session.log).toEqual([
      'mean a 0 condition 6',
      'other a 5000 condition 6',
      'spread a 6000 condition 2.0995626366712954',
    ]);
  });

  test('rows that wait are judged by the new program, with other columns too', () => {
    const high = policy('high', '', 'when load > 5');
    const session = new Swapped(schema('  lateness 10s\n') + high).send(0, 5000, 1).send(6000, 6000, 9);
    const wider = `schema service {\n  key id\n  tag zone\n  tag region\n  metric depth: number optional\n  metric load: number optional\n  metric more: number\n  lateness 10s\n}\n`;
    session.swap(wider + high + policy('eu', '', 'when load > 5 and region like "e*"'));
    session.session.partition.close();
    expect(session.log).toEqual(['high a 6000 condition 9', 'eu a 6000 condition 9']);
  });

  test('with a greater lateness than before no key goes back', () => {
    const high = policy('high', '', 'when load > 5');
    const session = new Swapped(schema() + high).send(0, 9000, 1).swap(schema('  lateness 10s\n') + high);
    session.send(4000, 4000, 9).send(4000, 4000, 9, 'b');
    session.session.partition.close();
    expect(session.log).toEqual(['service a 4000 late', 'high b 4000 condition 9']);
  });

  test('a policy that has thrown begins anew, and the report tells who does', () => {
    const evaluator = evaluatorOf(schema() + policy('high', '', 'when load > 5') + policy('low', '', 'when load < 1'));
    const policies = evaluator.code.policies.map((code, index) =>
      index === 1
        ? code
        : {
            ...code,
            run: () => {
              throw new Error('broken');
            },
          },
    );
    const session = new Swapped(schema() + policy('low', '', 'when load < 1'));
    session
      .swap({ ...evaluator, code: { ...evaluator.code, policies } })
      .send(0, 2000, 9)
      .swap(evaluator)
      .send(3000, 5000, 9);
    expect(session.log).toEqual(['high a 2000 condition 9']);
    const next = evaluatorOf(schema() + policy('high', '', 'when load > 6') + policy('low', '', 'when load < 1'));
    expect(carryReport(session.session, next)).toEqual({ kept: ['low'], begun: ['high'], rowsLost: 0 });
    const gone = evaluatorOf(schema().replace('key id', 'key service'));
    expect(carryReport(session.session, gone).rowsLost).toBe(1);
  });
});
