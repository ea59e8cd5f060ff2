// A session restored from a snapshot goes on exactly as the one that wrote it would have: same decisions, same state,
// same next snapshot. And what is no snapshot of the program is told in words, never a crash.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { observation } from '../../runtime/evaluate/histogram-point.ts';
import { Session, type SessionListener } from '../../runtime/evaluate/session.ts';
import { openSnapshot, programPrint, sealSnapshot } from '../../runtime/evaluate/state/snapshot.ts';
import { SnapshotProblem } from '../../runtime/evaluate/state/snapshot-problem.ts';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';
import { type Cuts, type Handover, irOf, randomCuts, runCase, traceDifference } from './judge-case.ts';

const runs = { numRuns: 120, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false };

const silent: SessionListener = { propose() {}, rearm() {}, skip() {}, late() {}, deadLetter() {} };

/** Runs the case, handing over by a snapshot after every `every` events. */
function handsOver(random: RandomCase, seed: number, longest: number, every: number): void {
  const ir = irOf(random.text);
  const evaluator = createEvaluator(ir, 'generated');
  const forgets = seed % 3 !== 0;
  const cuts = (): Cuts => randomCuts(seed, longest);
  const expected = runCase(evaluator, random.steps, cuts(), (session) => session, forgets);
  const handover: Handover = (session, event, begin) => {
    if ((event + seed) % every !== 0) return session;
    const bytes = session.snapshot();
    const next = begin(createEvaluator(ir, 'generated'));
    next.restore(bytes);
    expect(Buffer.from(next.snapshot()).equals(bytes)).toBe(true);
    return next;
  };
  const actual = runCase(evaluator, random.steps, cuts(), handover, forgets);
  expect(traceDifference(['in one go', expected], ['handed over', actual])).toBeNull();
}

describe('a restored session goes on as if nothing had been', () => {
  const few = fc.constantFrom(1, 3, 10, 40);

  test('on everything mixed', () => {
    fc.assert(
      fc.property(arbitraryCase, fc.nat(1000), fc.constantFrom(1, 3, 20), few, (random, seed, longest, every) =>
        handsOver(random, seed, longest, every),
      ),
      runs,
    );
  });

  test('on long runs under many policies', () => {
    fc.assert(
      fc.property(arbitraryLongRuns, fc.nat(1000), fc.constantFrom(20, 60, 1000), few, (random, seed, longest, every) =>
        handsOver(random, seed, longest, every * 10),
      ),
      runs,
    );
  });
});

describe('what is no snapshot of the program', () => {
  const text = `schema service {
  key id
  tag pod at most 5
  metric load: number optional
  metric delays: histogram of duration optional
  every 1s
}
policy high {
  on service where id != "never"
  when (avg(load over 5s) > 1) for 2s
  do notify("look here")
}
policy silent {
  on service
  when missing(load) for 10s
  do notify("look here")
  cooldown 5s
}
policy wide {
  on service
  when p90(load across pod) > 1 or max(stddev(load over 5s) across pod) > 2 or forecast(load, 2s over 5s) > 9
    or p99(delays over 5s across pod) > 1s or (min(load over 3s) < 0 for 2 of 3) or ewma(load over 2s) > 5
    or avg(load over 3s ago 2s) > 7 or changes(load over 3s) > 8
  do notify("look here")
}
`;
  const evaluator = createEvaluator(irOf(text), 'generated');
  const print = programPrint(evaluator.meta);
  const [random] = fc.sample(arbitraryCase, { seed: 7, numRuns: 1 });

  /** Rows of three keys and five members, some of which still wait. */
  function fill(session: Session, fromMs: number): void {
    const [service] = session.intake.schemas;
    for (let at = 0; at < 60; at++) {
      const { rows } = service;
      const row = rows.append(fromMs + at * 250, service.keys.intern(`k${at % 3}`), session.intake.seq++);
      rows.values[row * rows.width] = at % 7;
      rows.tags[row * rows.tagWidth] = service.tags[0].intern(`p${at % 5}`);
      service.writePoint(row, 1, observation(at % 4));
      if (at === 50) session.partition.drain();
    }
  }

  function sessionOf(own = evaluator): Session {
    return new Session(own, silent);
  }

  function written(): Uint8Array {
    const session = sessionOf();
    fill(session, 1_700_000_000_000);
    return session.snapshot();
  }

  function fault(bytes: Uint8Array, session = sessionOf()): string | null {
    try {
      session.restore(bytes);
      return null;
    } catch (error) {
      if (error instanceof SnapshotProblem) return error.fault;
      throw error;
    }
  }

  test('is told by what it is', () => {
    const bytes = written();
    expect(fault(bytes)).toBeNull();
    expect(fault(Buffer.from('anything else'))).toBe('damaged');
    expect(fault(bytes, sessionOf(createEvaluator(irOf(random.text), 'generated')))).toBe('other-program');
    const contract = Buffer.from(bytes);
    contract.writeUInt32LE(99, 12);
    expect(fault(contract)).toBe('other-version');
    const session = sessionOf();
    fill(session, 0);
    expect(() => session.restore(bytes)).toThrow('a session that has taken events');
  });

  test('cut off anywhere or changed in any place it is damaged', () => {
    const bytes = written();
    for (let length = 0; length < bytes.length; length += 7) expect(fault(bytes.subarray(0, length))).toBe('damaged');
    for (let at = 16; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 0x40;
      expect(fault(changed)).toBe('damaged');
    }
  });

  test('made up with a hash that fits it is refused, or is a state like another', () => {
    const state = openSnapshot(written(), print);
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(state.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(state.length), { freq: 5, nil: state.length }),
        (changes, length) => {
          const forged = Buffer.from(state);
          for (const [at, value] of changes) forged[at] = value;
          const session = sessionOf();
          if (fault(sealSnapshot(forged.subarray(0, length), print), session) !== null) refused++;
          else {
            fill(session, 1_700_000_020_000);
            session.partition.close();
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
