// Policies that are left out fire nothing and keep nothing; the others and every window go on as if nothing had been;
// what was left out begins anew when it is judged again.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { type Evaluator, Session } from '../../runtime/evaluate/session.ts';
import { withoutPolicies } from '../../runtime/evaluate/shed.ts';
import { carry, carryReport } from '../../runtime/evaluate/state/carry.ts';
import { arbitraryCase } from '../support/random-program.ts';
import { irOf, randomCuts, runCase, startMs } from './judge-case.ts';

const policy = (name: string, rest: string): string =>
  `policy ${name} {\n  on service\n  ${rest}\n  do notify("look here")\n}\n`;
const program = [
  'schema service {\n  key id\n  metric load: number\n  metric depth: number\n}\n',
  policy('steady', 'when load > 5 for 3s'),
  policy('mean', 'when avg(load over 1m) > 5'),
  policy('again', 'when load > 5 for 3s\n  cooldown 2s'),
  policy('deep', 'when depth > 1'),
].join('');
const names = ['steady', 'mean', 'again', 'deep'];
const at = (...wanted: string[]): number[] => wanted.map((name) => names.indexOf(name));

/** A session told about in lines; `use` puts another program in its place, as an engine does between two slices. */
class Told {
  readonly log: string[] = [];
  #session: Session;

  constructor(evaluator: Evaluator) {
    this.#session = new Session(evaluator, {
      propose: ({ policy: { name }, at: time, cause }) => this.log.push(`${name} ${time - startMs} ${cause}`),
      rearm: (name, _key, time) => this.log.push(`${name} ${time - startMs} rearm`),
      skip: (name) => this.log.push(`${name} skip`),
      late() {},
      deadLetter() {},
    });
  }

  /** Events of one key, 1 s each from `fromMs` to `toMs`, both included. */
  send(fromMs: number, toMs: number, load: number): this {
    const { intake, partition } = this.#session;
    const [{ rows, keys, metricSlot }] = intake.schemas;
    for (let time = fromMs; time <= toMs; time += 1000) {
      const row = rows.append(startMs + time, keys.intern('a'), intake.seq++);
      rows.values[row * rows.width + (metricSlot.get('load') as number)] = load;
      // Never with a depth.
      rows.lacks[row] = 1;
    }
    partition.drain();
    return this;
  }

  use(evaluator: Evaluator): this {
    this.#session = carry(this.#session, evaluator);
    return this;
  }

  of(...wanted: string[]): readonly string[] {
    return this.log.filter((line) => wanted.includes(line.split(' ')[0]));
  }

  wouldKeep(evaluator: Evaluator): readonly string[] {
    return carryReport(this.#session, evaluator).kept;
  }
}

const whole = createEvaluator(irOf(program), 'generated');

test('nothing to leave out is the program itself', () => {
  expect(withoutPolicies(whole, [])).toBe(whole);
});

test('what is left out fires nothing, lacks nothing and repeats nothing; the others do as before', () => {
  const all = new Told(whole).send(0, 10_000, 9).send(11_000, 12_000, 0);
  expect(all.of('again')).toEqual([
    'again 3000 condition',
    'again 5000 repeat',
    'again 7000 repeat',
    'again 9000 repeat',
    'again 11000 rearm',
  ]);
  expect(all.of('deep')).not.toEqual([]);
  const part = new Told(withoutPolicies(whole, at('again', 'deep'))).send(0, 10_000, 9).send(11_000, 12_000, 0);
  expect(part.log).toEqual(all.of('steady', 'mean'));
  expect(part.of('steady')).toEqual(['steady 3000 condition', 'steady 11000 rearm']);
});

test('it begins anew when it is judged again: no time that passed meanwhile or before counts', () => {
  const rest = withoutPolicies(whole, at('steady', 'again'));
  const told = new Told(whole).send(0, 2000, 9);
  expect(told.wouldKeep(rest)).toEqual(['mean', 'deep']);
  told.use(rest).send(3000, 20_000, 9);
  expect(told.of('steady', 'again')).toEqual([]);
  expect(told.wouldKeep(whole)).toEqual(['mean', 'deep']);
  told.use(whole).send(21_000, 24_000, 9);
  // From the row of 20 s on, which waited for what else might come of its time.
  expect(told.of('steady', 'again')).toEqual(['steady 23000 condition', 'again 23000 condition']);
});

test('a policy that was active does not re-arm while it rests, and may fire again after', () => {
  const told = new Told(whole).send(0, 5000, 9);
  expect(told.of('steady')).toEqual(['steady 3000 condition']);
  told.use(withoutPolicies(whole, at('steady'))).send(6000, 8000, 0);
  expect(told.of('steady')).toEqual(['steady 3000 condition']);
  told.use(whole).send(9000, 20_000, 9);
  // The row of 8 s waited, and is the first that it sees again.
  expect(told.of('steady')).toEqual(['steady 3000 condition', 'steady 12000 condition']);
});

test('windows are fed while their only reader rests', () => {
  const rest = withoutPolicies(whole, at('mean'));
  const told = new Told(whole).use(rest).send(0, 30_000, 9).send(31_000, 33_000, 0).use(whole).send(34_000, 40_000, 0);
  // Of the zeros alone the mean would be 0.
  expect(told.of('mean')[0]).toBe('mean 33000 condition');
  const untouched = new Told(whole).send(0, 30_000, 9).send(31_000, 60_000, 0);
  expect(told.send(41_000, 60_000, 0).of('mean').at(-1)).toBe(untouched.of('mean').at(-1));
});

test('on anything: the policies that stay are judged as if all were', () => {
  fc.assert(
    fc.property(arbitraryCase, fc.nat(1000), fc.nat(255), (random, seed, mask) => {
      const evaluator = createEvaluator(irOf(random.text), 'generated');
      const { policies } = evaluator.meta;
      const shed = [...policies.keys()].filter((index) => (mask >> (index % 8)) % 2 === 1);
      const stays = new Set(policies.flatMap(({ name }, index) => (shed.includes(index) ? [] : [name])));
      const cuts = randomCuts(seed, 20);
      const all = runCase(evaluator, random.steps, cuts);
      const part = runCase(withoutPolicies(evaluator, shed), random.steps, randomCuts(seed, 20));
      const theirs = (lines: readonly string[], place: number): readonly string[] =>
        lines.filter((line) => stays.has(line.split(' ')[place]));
      expect([...part.log].sort()).toEqual([...theirs(all.log, 1)].sort());
      expect(part.skips).toEqual(theirs(all.skips, 0));
      expect(part.late).toEqual(all.late);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  );
});
