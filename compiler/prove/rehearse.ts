// Runs a policy over an example by the interpreter: a finding is told only when its example behaves as claimed.

import type { Batch, SchemaMeta, Sink, StateSlot } from '../../runtime/contract.ts';
import { planDerived } from '../4-lower/derived.ts';
import { interpret } from '../4-lower/interpret.ts';
import type { PolicyIr } from '../4-lower/ir.ts';
import { createPlainKernel } from '../4-lower/plain-members.ts';
import { programMeta } from '../4-lower/program-meta.ts';
import type { ExampleSeries } from '../diagnostics/diagnostic.ts';

/** Times, in milliseconds from the example's start. */
export interface Rehearsal {
  readonly firedMs: readonly number[];
  readonly rearmedMs: readonly number[];
}

/** Some moment of 2026, for no reason but that it is none of the special numbers. */
const epochMs = Date.UTC(2026, 0, 1);

export function rehearse(policy: PolicyIr, schema: SchemaMeta, series: readonly ExampleSeries[]): Rehearsal {
  const own = series.filter((entry) => entry.schema === policy.meta.schema);
  const ir = { schemas: [schema], fleets: [], policies: [{ ...policy, meta: { ...policy.meta, schema: 0 } }] };
  const plan = planDerived(ir, false);
  const meta = programMeta(ir, plan);
  const code = interpret(ir, meta, plan);
  const [stated] = meta.schemas;
  const [judged] = meta.policies;
  if (stated === undefined || judged === undefined) return { firedMs: [], rearmedMs: [] };
  const kernels = stated.derived.map(createPlainKernel);
  const state = Float64Array.from(judged.state, initialSlot);
  const firedMs: number[] = [];
  const rearmedMs: number[] = [];
  const sink: Sink = {
    fire: (_policy, _row, time) => firedMs.push(time - epochMs),
    rearm: (_policy, _row, time) => rearmedMs.push(time - epochMs),
    skip: () => {},
  };
  for (const batch of own.flatMap((entry) => rowsOf(entry, stated))) {
    for (const feed of code.feeds[0] ?? []) feed.run(batch, 0, 1, 0, kernels);
    code.policies[0]?.run(batch, 0, 1, state, 0, sink);
  }
  return { firedMs, rearmedMs };
}

function initialSlot({ kind }: StateSlot): number {
  switch (kind) {
    case 'active':
    case 'since':
      return 0;
    case 'last-present':
      return Number.NaN;
    case 'last-fired':
    case 'last-row':
    case 'seen':
    case 'last-true':
    case 'last-unknown':
      return Number.NEGATIVE_INFINITY;
  }
}

/** One batch for each event. */
function rowsOf({ key, tags, rows }: ExampleSeries, schema: SchemaMeta): readonly Batch[] {
  const id = (value: string | null, literals: readonly string[]): number => {
    if (value === null) return -1;
    const known = literals.indexOf(value);
    return known < 0 ? literals.length : known;
  };
  const tagIds = Int32Array.from(schema.tags, (tag, at) => id(tags[at] ?? null, tag.literals));
  // A value's id tells one member from another as well as any number.
  const members = Int32Array.from(
    schema.tags.flatMap(({ most }, tag) => (most === undefined ? [] : [tagIds[tag] ?? -1])),
  );
  const keyId = id(key, schema.key.literals);
  return rows.flatMap(({ fromMs, toMs, everyMs, values }) =>
    Array.from({ length: Math.floor((toMs - fromMs) / everyMs) + 1 }, (_, index): Batch => {
      const timeMs = fromMs + index * everyMs;
      const metrics = new Float64Array(schema.metrics.length).fill(Number.NaN);
      const share = toMs === fromMs ? 0 : (timeMs - fromMs) / (toMs - fromMs);
      for (const { slot, from, to } of values) metrics[slot] = from + (to - from) * share;
      return {
        rows: 1,
        time: Float64Array.of(epochMs + timeMs),
        key: Int32Array.of(keyId),
        values: metrics,
        width: metrics.length,
        tags: tagIds,
        tagWidth: tagIds.length,
        lacks: Uint8Array.of(0),
        seq: Float64Array.of(index),
        derived: new Float64Array(schema.derivedWidth).fill(Number.NaN),
        derivedWidth: schema.derivedWidth,
        order: Int32Array.of(0),
        members,
        memberWidth: members.length,
        points: [],
        pointWidth: 0,
        tick: false,
      };
    }),
  );
}
