// A policy whose generated code throws: it alone is turned off and told once, whatever it throws in; the others decide
// as if it were not there. Without a listener nothing is swallowed.

import { expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import type { PolicyCode } from '../../runtime/contract.ts';
import type { Proposal } from '../../runtime/decision.ts';
import { type Evaluator, Session, type SessionListener } from '../../runtime/evaluate/session.ts';
import { irOf, startMs } from './judge-case.ts';

const schema = 'schema service {\n  key id\n  metric load: number\n  every 1s\n  stale after 2s\n}\n';
const policy = (name: string, when: string): string =>
  `policy ${name} {\n  on service\n  when ${when}\n  do notify("look here")\n}\n`;
const text = `${schema}${policy('bad', 'load > 1 for 2s')}${policy('good', 'load > 2')}${policy('silent', 'missing(load) for 5s')}`;

function boom(): never {
  throw new TypeError('boom');
}

/** The program with one function of one policy in place of its own. */
function broken(name: string, part: Partial<PolicyCode>): Evaluator {
  const evaluator = createEvaluator(irOf(text), 'generated');
  const at = evaluator.meta.policies.findIndex((entry) => entry.name === name);
  const policies = evaluator.code.policies.map((code, index) => (index === at ? { ...code, ...part } : code));
  return { ...evaluator, code: { ...evaluator.code, policies } };
}

function judge(evaluator: Evaluator, fault: SessionListener['fault']): readonly Proposal[] {
  const proposals: Proposal[] = [];
  const session = new Session(evaluator, {
    propose: (proposal) => proposals.push(proposal),
    rearm: () => {},
    skip: () => {},
    late: () => {},
    deadLetter: () => {},
    fault,
  });
  const { rows, keys } = session.intake.schemas[0];
  for (const key of ['a', 'b']) {
    for (let second = 0; second < 5; second++) {
      rows.values[rows.append(startMs + second * 1000, keys.intern(key), session.intake.seq++) * rows.width] = 7;
    }
  }
  session.partition.drain();
  session.partition.advance(startMs + 60_000);
  session.partition.close();
  return proposals;
}

const summary = (proposals: readonly Proposal[]): readonly string[] =>
  proposals.map(({ policy: { name }, key, at }) => `${name} ${key} ${at - startMs}`).sort();

const others = (name: string): readonly string[] =>
  summary(judge(createEvaluator(irOf(text), 'generated'), undefined)).filter((line) => !line.startsWith(name));

test.each([
  ['its function', 'bad', { run: boom }],
  ['its function, where time alone makes it fire', 'silent', { run: boom }],
  ['its deadline', 'silent', { due: boom }],
  ['its why', 'bad', { explain: boom }],
])('%s throws: %s is off and told once, the others go on', (_, name, part) => {
  const faults: string[] = [];
  const proposals = judge(broken(name, part), (who, error) => faults.push(`${who}: ${error}`));
  expect(faults).toEqual([`${name}: TypeError: boom`]);
  expect(summary(proposals)).toEqual(others(name));
  expect(others(name).length).toBeGreaterThan(1);
});

test('a deadline that throws only when time passes without rows', () => {
  let calls = 0;
  const own = createEvaluator(irOf(text), 'generated');
  const due = own.code.policies[own.meta.policies.findIndex(({ name }) => name === 'silent')].due;
  const faults: string[] = [];
  const proposals = judge(
    broken('silent', { due: (state, offset) => (++calls > 12 ? boom() : (due?.(state, offset) ?? 0)) }),
    (who) => faults.push(who),
  );
  expect(faults).toEqual(['silent']);
  expect(summary(proposals)).toEqual([...others('silent'), 'silent a 9000']);
});

test('with nobody to tell it is thrown on', () => {
  expect(() => judge(broken('bad', { run: boom }), undefined)).toThrow('boom');
});
