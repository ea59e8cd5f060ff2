// Types, units and shapes of a whole program. Each declaration is judged by itself: a broken one hides no other.

import type { Bound, Definition, SchemaSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { checkConstants } from './check-constants.ts';
import { checkPolicy, type PolicyContext } from './check-policy.ts';
import { checkFleet } from './check-properties.ts';
import { checkTests, type ExpectedActions } from './check-test.ts';
import type { Facts, FleetFacts } from './facts.ts';

export interface Checked extends Facts {
  /** What binding saw used, and what actions' arguments use. */
  readonly used: ReadonlySet<SchemaSymbol | Definition>;
}

export function check(bound: Bound, report: Report): Checked {
  const constants = checkConstants(bound.definitions, bound.constants, report);
  const fleets = [...bound.fleets.values()].map((fleet) => checkFleet(fleet, bound, report));
  checkServices(fleets, report);
  const used = new Set(bound.used);
  const context: PolicyContext = {
    bound,
    constants,
    report,
    usedFleets: new Set(),
    usedActions: new Set(),
    usedDefinitions: (definition) => used.add(definition),
  };
  const policies = bound.policies.map((policy) => checkPolicy(policy, context));
  const { usedFleets, usedActions } = context;
  // What only a test refers to is still unused.
  const expectedActions: ExpectedActions = new Map();
  checkTests(bound.tests, { ...context, usedFleets: new Set(), usedActions: new Set() }, expectedActions);
  return { policies, fleets, constants, expectedActions, usedFleets, usedActions, used };
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
