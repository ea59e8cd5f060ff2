// From the checked tree to the intermediate representation: canonical units, slots, safe defaults. Programs with errors
// do not come here.

import type { SourceFile, Span } from '../../grammar/ast.ts';
import type { FleetMeta } from '../../runtime/contract.ts';
import type { Bound, SchemaSymbol } from '../1-bind/symbols.ts';
import type { Facts, FleetFacts } from '../2-check/facts.ts';
import type { Memory } from '../memory.ts';
import { defaults } from '../vocabulary/defaults.ts';
import type { BooleanIr, ProgramIr } from './ir.ts';
import { lowerPolicy } from './lower-policy.ts';
import { ScheduleLowering } from './lower-schedule.ts';
import { SchemaLowering } from './lower-schema.ts';
import { lowerTest } from './lower-test.ts';
import { SourceText } from './source-text.ts';
import type { TestPlan } from './test-plan.ts';

/** Nothing is found wrong while lowering. */
const silent = (): void => {};

export interface Lowered {
  readonly ir: ProgramIr;
  readonly testPlans: readonly TestPlan[];
  /** Where each part of a condition was written. */
  readonly conditionSpans: ReadonlyMap<BooleanIr, Span>;
}

export function lower(sources: readonly SourceFile[], bound: Bound, facts: Facts, memory: Memory): Lowered {
  const text = new SourceText(sources);
  const testPlans = bound.tests.map((test) => lowerTest(test, bound, facts, text));
  const conditionSpans = new Map<BooleanIr, Span>();
  return { ir: lowerProgram(bound, facts, text, conditionSpans, memory), testPlans, conditionSpans };
}

function lowerProgram(
  bound: Bound,
  facts: Facts,
  text: SourceText,
  spans: Map<BooleanIr, Span>,
  memory: Memory,
): ProgramIr {
  const schemas = new Map<SchemaSymbol, SchemaLowering>();
  for (const symbol of bound.schemas.values())
    schemas.set(
      symbol,
      memory.recall('lower schema', symbol, silent, () => new SchemaLowering(symbol)),
    );
  const schedules = new ScheduleLowering();
  const policies = facts.policies.map((policy) => {
    const schema = policy.policy.schema === null ? undefined : schemas.get(policy.policy.schema);
    if (schema === undefined) throw new Error(`policy ${policy.policy.name} has no schema and was not stopped`);
    const lowered = memory.recall('lower policy', policy, silent, () => {
      const own = new Map<BooleanIr, Span>();
      const context = { constants: facts.constants, schema, text, schedules, spans: own };
      return { ir: lowerPolicy(policy, context), spans: own };
    });
    for (const [condition, span] of lowered.spans) spans.set(condition, span);
    return lowered.ir;
  });
  return {
    schemas: [...schemas.values()].map((schema) => schema.meta()),
    fleets: facts.fleets.map(lowerFleet),
    policies,
  };
}

function lowerFleet(facts: FleetFacts): FleetMeta {
  return {
    name: facts.fleet.name,
    service: facts.service,
    size: facts.size,
    change: facts.change ?? defaults.change,
    resources: facts.resources,
  };
}
