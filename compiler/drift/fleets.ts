// Values for which `fleet of TAG` would find no fleet, listed before they matter.

import type { Span } from '../../grammar/ast.ts';
import type { Facts, PolicyFacts } from '../2-check/facts.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { type Seen, seenTag } from './seen.ts';
import { tagCondition } from './tag-condition.ts';

export function reportFleets(facts: Facts, coming: readonly Seen[], report: Report): void {
  const services = new Set(facts.fleets.flatMap(({ service }) => (service === null ? [] : [service])));
  for (const policy of facts.policies) {
    const seen = coming.find(({ schema }) => schema === policy.policy.schema);
    if (seen === undefined) continue;
    for (const { target, call } of policy.actions) {
      if (target?.kind !== 'lookup') continue;
      const place = call.args.find(({ value }) => value.kind === 'fleet-lookup')?.value.span ?? call.span;
      reportLookup(policy, target.tag, seen, services, place, report);
    }
  }
}

function reportLookup(
  { policy }: PolicyFacts,
  tagName: string,
  seen: Seen,
  services: ReadonlySet<string>,
  place: Span,
  report: Report,
): void {
  const symbol = seen.schema.names.get(tagName);
  const tag = symbol?.kind === 'tag' ? seenTag(symbol, seen) : null;
  if (symbol?.kind !== 'tag' || tag === null) return;
  const concerns = (value: string): boolean =>
    policy.where === null || tagCondition(policy.where, policy.references, symbol, value) !== false;
  const values = tag.samples.filter((value) => !services.has(value) && concerns(value));
  if (values.length === 0) return;
  const unnamed = tag.values - tag.samples.length;
  report('key-without-fleet', place, { policy: policy.name, tag: tagName, values, unnamed });
}
