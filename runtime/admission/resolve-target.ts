// Which fleet an action of a proposal means. A value that comes from telemetry only ever selects among the declared
// fleets; it is never used as a name itself.

import type { ActionTarget, FleetMeta, ProgramMeta } from '../contract.ts';
import type { Proposal } from '../decision.ts';

export type ResolvedTarget =
  | { readonly found: true; readonly fleet: FleetMeta }
  /** `value` is `null` when the row has no such tag. */
  | { readonly found: false; readonly tag: string | null; readonly value: string | null };

/** `target` is one of the proposal's policy's actions'. */
export function resolveTarget(proposal: Proposal, program: ProgramMeta, target: ActionTarget): ResolvedTarget {
  if (target.kind === 'fleet') {
    const fleet = program.fleets.find((candidate) => candidate.name === target.fleet);
    return fleet === undefined ? { found: false, tag: null, value: target.fleet } : { found: true, fleet };
  }
  const value = tagValue(proposal, program, target.tag);
  const fleet = value === null ? undefined : program.fleets.find((candidate) => candidate.service === value);
  return fleet === undefined ? { found: false, tag: target.tag, value } : { found: true, fleet };
}

function tagValue(proposal: Proposal, program: ProgramMeta, tag: string): string | null {
  if (program.schemas[proposal.policy.schema]?.key.name === tag) return proposal.key;
  return Object.hasOwn(proposal.tags, tag) ? (proposal.tags[tag] ?? null) : null;
}
