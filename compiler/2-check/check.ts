// Types, units and shapes of a whole program. Each declaration is judged by itself: a broken one hides no other.

import type { Bound, Definition, SchemaSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { Memory } from '../memory.ts';
import { defaultsOf } from './check-action.ts';
import { checkConstants } from './check-constants.ts';
import { checkPolicy, type PolicyContext } from './check-policy.ts';
import { checkFleet } from './check-properties.ts';
import { checkTests, type ExpectedActions } from './check-test.ts';
import type { Constant, Facts, FleetFacts } from './facts.ts';

export interface Checked extends Facts {
  /** What binding saw used, and what actions' arguments use. */
  readonly used: ReadonlySet<SchemaSymbol | Definition>;
}

export function check(bound: Bound, memory: Memory, report: Report): Checked {
  const constants = memory.recall('constants', memory.surroundings, report, (told) =>
    checkConstants(bound.definitions, bound.constants, told),
  );
  const fleets = [...bound.fleets.values()].map((fleet) =>
    memory.recall('check fleet', fleet, report, (told) => checkFleet(fleet, bound, told)),
  );
  checkServices(fleets, report);
  const all = noUses();
  const declaring = {
    ...contextOf(bound, constants, all, report),
    schema: null,
    parameters: new Set<string>(),
    partial: false,
  };
  for (const action of bound.actions.values()) if (!action.broken) defaultsOf(action, declaring);
  const policies = bound.policies.map((policy) => {
    const { facts, uses } = memory.recall('check policy', policy, report, (told) => {
      const uses = noUses();
      return { facts: checkPolicy(policy, contextOf(bound, constants, uses, told)), uses };
    });
    for (const name of uses.fleets) all.fleets.add(name);
    for (const name of uses.actions) all.actions.add(name);
    for (const definition of uses.definitions) all.definitions.add(definition);
    return facts;
  });
  const expectedActions: ExpectedActions = new Map();
  // What only a test refers to is still unused, but for the constants in it.
  const uses: Uses = { ...noUses(), definitions: all.definitions };
  checkTests(bound.tests, contextOf(bound, constants, uses, report), expectedActions);
  return {
    policies,
    fleets,
    constants,
    expectedActions,
    usedFleets: all.fleets,
    usedActions: all.actions,
    used: new Set([...bound.used, ...all.definitions]),
  };
}

/** Names of fleets and actions, and definitions, that something refers to. */
interface Uses {
  readonly fleets: Set<string>;
  readonly actions: Set<string>;
  readonly definitions: Set<Definition>;
}

function noUses(): Uses {
  return { fleets: new Set(), actions: new Set(), definitions: new Set() };
}

function contextOf(
  bound: Bound,
  constants: ReadonlyMap<Definition, Constant>,
  uses: Uses,
  report: Report,
): PolicyContext {
  return {
    bound,
    constants,
    report,
    usedFleets: uses.fleets,
    usedActions: uses.actions,
    usedDefinitions: (definition) => uses.definitions.add(definition),
  };
}

function checkServices(fleets: readonly FleetFacts[], report: Report): void {
  const first = new Map<string, FleetFacts>();
  for (const facts of fleets) {
    if (facts.service === null) continue;
    const other = first.get(facts.service);
    if (other === undefined) {
      first.set(facts.service, facts);
      continue;
    }
    const place = (of: FleetFacts) =>
      of.fleet.declaration.items.find((item) => item.name.text === 'service')?.span ?? of.fleet.declaration.name.span;
    report(
      'duplicate-service',
      place(facts),
      { service: facts.service },
      { related: [{ span: place(other), message: 'first here' }] },
    );
  }
}
