// A policy that changes infrastructure in `enforce` mode names its owner and its runbook.

import { policyPropertyByName } from '../vocabulary/properties.ts';
import type { LintRule } from './rule.ts';

export const unaccountablePolicy: LintRule = {
  names: ['no-owner', 'no-runbook'],
  policy(facts, _program, report) {
    const { settings, policy } = facts;
    if (!facts.changesInfrastructure || settings.mode !== 'enforce' || policy.broken) return;
    const { span } = policy.declaration.name;
    const written = new Set(policy.properties.map((property) => property.name.text));
    // One that is unknown may be the one that is missing, misspelt.
    if ([...written].some((name) => !policyPropertyByName.has(name))) return;
    if (!written.has('owner')) report('no-owner', span, { policy: policy.name });
    if (!written.has('runbook')) report('no-runbook', span, { policy: policy.name });
  },
};
