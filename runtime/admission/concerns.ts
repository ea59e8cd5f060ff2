// Whether what people ordered is about a proposal: every field that the order names has to fit.

import type { ControlScope } from '../decision.ts';
import type { AdmissionRequest } from './admission.ts';

export function concerns(scope: ControlScope, { proposal, targets }: AdmissionRequest): boolean {
  const { policy, fleet, direction, key } = scope;
  if (policy !== undefined && policy !== proposal.policy.name) return false;
  if (key !== undefined && key !== proposal.key) return false;
  if (fleet === undefined && direction === undefined) return true;
  return targets.some(
    (target) =>
      (fleet === undefined || fleet === target.fleet.name) &&
      (direction === undefined || (direction === 'up' ? target.grows > 0 : target.shrinks > 0)),
  );
}
