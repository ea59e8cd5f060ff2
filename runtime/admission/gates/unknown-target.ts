// What an action is aimed at must be declared. A service without a fleet is named, so that someone can declare it.

import { resolveTarget } from '../resolve-target.ts';
import type { RequestGate } from './gate.ts';

export const unknownTarget: RequestGate = {
  name: 'unknown-target',
  law: 'A proposal with an action whose target is no declared fleet is refused as a whole.',
  asks: 'request',
  refuse({ request: { proposal, program } }) {
    for (const action of proposal.policy.actions) {
      if (action.target === null) continue;
      const target = resolveTarget(proposal, program, action.target);
      if (target.found) continue;
      if (target.tag === null)
        return `unknown target: ${action.name} names the fleet "${target.value}", which is not declared`;
      if (target.value === null)
        return `unknown target: ${action.name} looks for a fleet by ${target.tag}, which the event does not carry`;
      return `unknown target: no fleet is declared with service ${quoted(target.value)} (${action.name}, fleet of ${target.tag})`;
    }
    return null;
  },
};

/** Values come from telemetry: bounded, and with nothing in them that moves a terminal's cursor. */
function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
