// An evaluator that can be looked into: the interpreter with a witness, judging one row at a time, on the kernels that
// production has. Decides what every other evaluator decides; slower, and never part of an engine.

import { planDerived } from '../compiler/4-lower/derived.ts';
import { interpret } from '../compiler/4-lower/interpret.ts';
import type { BooleanIr, NumberIr, ProgramIr } from '../compiler/4-lower/ir.ts';
import { programMeta } from '../compiler/4-lower/program-meta.ts';
import type { Batch, PolicyCode, Sink } from '../runtime/contract.ts';
import { createKernel } from '../runtime/evaluate/kernels.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';

/** One row as one policy judged it. Valid during the call; what is kept must be copied. */
export interface JudgedRow {
  readonly policy: number;
  readonly batch: Batch;
  readonly row: number;
  /** Of what was judged; a part that was not asked is not there. `null` is unknown. */
  readonly truths: ReadonlyMap<BooleanIr, boolean | null>;
  /** NaN is unknown. */
  readonly numbers: ReadonlyMap<NumberIr, number>;
  /** As `PolicyMeta.state` lays it out. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly happened: 'fired' | 'repeated' | 're-armed' | 'skipped' | null;
}

/** `judged` is called for every row and policy, also where the policy's `where` leaves the row aside. */
export function watchedEvaluator(ir: ProgramIr, judged: (row: JudgedRow) => void): Evaluator {
  const plan = planDerived(ir, false);
  const meta = programMeta(ir, plan);
  const truths = new Map<BooleanIr, boolean | null>();
  const numbers = new Map<NumberIr, number>();
  const code = interpret(ir, meta, plan, {
    truth: (_policy, node, truth) => truths.set(node, truth),
    number: (_policy, node, value) => numbers.set(node, value),
  });
  const policies = code.policies.map((inner, policy): PolicyCode => {
    const width = meta.policies[policy].state.length;
    return {
      ...inner,
      run: (batch, from, to, state, offset, sink) => {
        for (let i = from; i < to; i++) {
          truths.clear();
          numbers.clear();
          const before = state.slice(offset, offset + width);
          const ears = new Ears(sink);
          inner.run(batch, i, i + 1, state, offset, ears);
          const after = state.slice(offset, offset + width);
          judged({ policy, batch, row: batch.order[i], truths, numbers, before, after, happened: ears.happened });
        }
      },
    };
  });
  return { meta, code: { ...code, policies }, createKernel };
}

/** Hears what a row comes to, and passes it on. */
class Ears implements Sink {
  happened: JudgedRow['happened'] = null;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  fire(policy: number, row: number, time: number, cause: number, pendingAt: number): void {
    this.happened = cause === 0 ? 'fired' : 'repeated';
    this.#sink.fire(policy, row, time, cause, pendingAt);
  }

  rearm(policy: number, row: number, time: number): void {
    this.happened = 're-armed';
    this.#sink.rearm(policy, row, time);
  }

  skip(policy: number, row: number): void {
    this.happened = 'skipped';
    this.#sink.skip(policy, row);
  }
}
