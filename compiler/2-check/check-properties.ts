// Properties of policies, fleets and action calls, against the shapes of the vocabulary.

import type { DoClause, Property, PropertyArgument, Span } from '../../grammar/ast.ts';
import type { Mode } from '../../runtime/contract.ts';
import type { Bound, FleetSymbol, PolicySymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { defaults } from '../vocabulary/defaults.ts';
import { endpointFault } from '../vocabulary/endpoint.ts';
import {
  actionOptionByName,
  fleetPropertyByName,
  type PropertyEntry,
  policyClauseWords,
  policyPropertyByName,
} from '../vocabulary/properties.ts';
import { describeShape, type Matched, matchShape } from '../vocabulary/shapes.ts';
import { formatMs, literalText } from '../vocabulary/units.ts';
import type { FleetFacts, PolicySettings } from './facts.ts';

export interface GivenProperty {
  readonly property: Property;
  readonly values: Matched;
}

type Given = ReadonlyMap<string, readonly GivenProperty[]>;

/** The properties that are known, written once and in their shape; every other is reported. */
export function checkProperties(
  properties: readonly Property[],
  entries: ReadonlyMap<string, PropertyEntry>,
  owner: string,
  bound: Pick<Bound, 'broken' | 'brokenLine'>,
  report: Report,
): Given {
  const given = new Map<string, GivenProperty[]>();
  const first = new Map<string, Span>();
  for (const property of properties) {
    const name = property.name.text;
    const entry = entries.get(name);
    if (entry === undefined) {
      // A mistake right behind it is not told by itself: it is that of a word that is none.
      const { span } = property;
      if (!bound.broken({ span: { ...span, end: span.end - 1 } }))
        report('unknown-property', property.name.span, {
          name,
          owner,
          advice: adviseName(
            name,
            [...entries.keys(), ...(entries === policyPropertyByName ? policyClauseWords : [])],
            'properties',
          ),
        });
      continue;
    }
    const before = first.get(name);
    if (before !== undefined && entry.many !== true) {
      report(
        'duplicate-item',
        property.name.span,
        { kind: '', name, owner },
        { related: [{ span: before, message: 'first here' }] },
      );
      continue;
    }
    first.set(name, property.name.span);
    const match = matchShape(entry.shape, property.args);
    const wrong = match.ok ? undefined : property.args[match.at];
    const misplaced = wrong?.kind === 'word' && wrong !== property.args[0] ? ownerOf(wrong.text, entries) : null;
    if (match.ok) {
      const list = given.get(name);
      if (list === undefined) given.set(name, [{ property, values: match.values }]);
      else list.push({ property, values: match.values });
    } else if (wrong?.kind === 'word' && misplaced !== null) {
      report('misplaced-property', wrong.span, { name: wrong.text, owner: misplaced, beside: name });
    } else if (!bound.brokenLine(property)) {
      const found = wrong === undefined ? 'the end of the line' : `\`${argumentText(wrong)}\``;
      report('property-shape', wrong?.span ?? property.span, {
        name,
        shape: describeShape(entry.shape),
        example: entry.example,
        expected: match.expected,
        found,
      });
    }
  }
  return given;
}

/** An action's options up to the first word that is a property of the policy, which is told once for the line. */
export function checkOptions(clause: DoClause, bound: Pick<Bound, 'broken' | 'brokenLine'>, report: Report): Given {
  const { options, action } = clause;
  const callee = action.callee.text;
  const at = options.findIndex(({ name: { text } }) => policyPropertyByName.has(text) && !actionOptionByName.has(text));
  const misplaced = options[at];
  if (misplaced !== undefined) {
    const name = misplaced.name.text;
    report('misplaced-property', misplaced.name.span, { name, owner: 'policy', beside: callee });
  }
  const own = misplaced === undefined ? options : options.slice(0, at);
  return checkProperties(own, actionOptionByName, `\`${callee}\``, bound, report);
}

/** What a property that should begin its own line belongs to; options of actions share one line. */
function ownerOf(name: string, entries: ReadonlyMap<string, PropertyEntry>): string | null {
  if (!entries.has(name) || entries === actionOptionByName) return null;
  return entries === policyPropertyByName ? 'policy' : 'fleet';
}

function argumentText(argument: PropertyArgument): string {
  switch (argument.kind) {
    case 'string':
      return JSON.stringify(argument.value);
    case 'quantity':
      return literalText(argument);
    case 'range':
      return `${literalText(argument.from)}..${literalText(argument.to)}`;
    case 'word':
      return argument.text;
  }
}

export function textOf(given: Given, name: string): string | null {
  const value = given.get(name)?.[0]?.values[0];
  return typeof value === 'string' ? value : null;
}

export function numberOf(given: Given, name: string, at = 0): number | null {
  const value = given.get(name)?.[0]?.values[at];
  return typeof value === 'number' ? value : null;
}

export function checkPolicyProperties(
  policy: PolicySymbol,
  bound: Pick<Bound, 'broken' | 'brokenLine'>,
  report: Report,
): PolicySettings {
  const given = checkProperties(policy.properties, policyPropertyByName, `policy \`${policy.name}\``, bound, report);
  const count = numberOf(given, 'limit');
  const perMs = numberOf(given, 'limit', 1);
  return {
    id: textOf(given, 'id'),
    title: textOf(given, 'title'),
    owner: textOf(given, 'owner'),
    runbook: textOf(given, 'runbook'),
    cooldownMs: numberOf(given, 'cooldown'),
    settleMs: numberOf(given, 'settle'),
    limit: count === null || perMs === null ? null : { count, perMs },
    priority: numberOf(given, 'priority'),
    mode: textOf(given, 'mode') as Mode | null,
    busy: textOf(given, 'busy') as PolicySettings['busy'],
    maxAgeMs: numberOf(given, 'max_age'),
    properties: new Map([...given].map(([name, list]) => [name, (list[0] as GivenProperty).property])),
  };
}

export function checkFleet(
  fleet: FleetSymbol,
  bound: Pick<Bound, 'broken' | 'brokenLine'>,
  report: Report,
): FleetFacts {
  const given = checkProperties(fleet.declaration.items, fleetPropertyByName, `fleet \`${fleet.name}\``, bound, report);
  const min = numberOf(given, 'size');
  const max = numberOf(given, 'size', 1);
  const range = given.get('size')?.[0]?.property.args[0];
  if (min !== null && max !== null && min > max && range !== undefined)
    report('empty-range', range.span, { from: String(min), to: String(max) });
  const share = numberOf(given, 'change');
  const perMs = numberOf(given, 'change', 1);
  const change = share === null || perMs === null ? null : { share, perMs };
  if (change !== null) checkLoosened(given.get('change')?.[0] as GivenProperty, change, report);
  for (const { property, values } of given.get('webhook') ?? []) {
    const why = endpointFault(String(values[0]));
    if (why !== null) report('bad-endpoint', property.args[0]?.span ?? property.span, { why });
  }
  const resources = [...given].flatMap(([kind, list]) =>
    fleetPropertyByName.get(kind)?.resource === true
      ? list.map((entry) => ({ kind, args: entry.values.map(String) }))
      : [],
  );
  return {
    fleet,
    service: textOf(given, 'service'),
    size: min === null || max === null ? null : { min, max },
    change,
    resources,
  };
}

/** A greater share at once, or a greater share per time, than the standard. */
function checkLoosened(given: GivenProperty, change: NonNullable<FleetFacts['change']>, report: Report): void {
  const standard = defaults.change;
  const looser = change.share > standard.share || change.share / change.perMs > standard.share / standard.perMs;
  const reason = given.values[2];
  if (!looser || (typeof reason === 'string' && reason.trim() !== '')) return;
  const text = (share: number, perMs: number) => `${Number((share * 100).toPrecision(6))}% per ${formatMs(perMs)}`;
  report('loosened-change', given.property.span, {
    given: text(change.share, change.perMs),
    standard: `the usual ${text(standard.share, standard.perMs)}`,
  });
}
