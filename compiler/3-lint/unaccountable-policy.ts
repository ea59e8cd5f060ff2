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
    // What stands on the line of something else has been told.
    for (const { args } of policy.properties) for (const arg of args) if (arg.kind === 'word') written.add(arg.text);
    for (const { options } of policy.actions) for (const { name } of options) written.add(name.text);
    if (!written.has('owner')) report('no-owner', span, { policy: policy.name });
    if (!written.has('runbook')) report('no-runbook', span, { policy: policy.name });
  },
};
