// Costs over the limits that the project sets itself: found before anything runs.

import type { Span } from '../../grammar/ast.ts';
import type { Bound } from '../1-bind/symbols.ts';
import type { ProgramIr } from '../4-lower/ir.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { CostLimits, ProjectLimits } from '../project-limits.ts';
import { formatMs } from '../vocabulary/units.ts';
import { type Cost, programCost } from './cost.ts';

export function limitCost(ir: ProgramIr, bound: Bound, { policy, schema }: ProjectLimits, report: Report): void {
  // What it costs to find out is saved where nobody asks.
  if (isOpen(policy) && isOpen(schema)) return;
  const cost = programCost(ir);
  for (const entry of cost.policies) {
    const span = bound.policyByName.get(entry.policy)?.declaration.name.span;
    if (span !== undefined) reportOver('policy', entry.policy, entry, policy, span, report);
  }
  for (const entry of cost.schemas) {
    const span = bound.schemas.get(entry.schema)?.declaration.name.span;
    if (span !== undefined) reportOver('schema', entry.schema, entry, schema, span, report);
  }
}

function isOpen({ bytesPerKey, operationsPerEvent, lookBackMs }: CostLimits): boolean {
  return bytesPerKey === null && operationsPerEvent === null && lookBackMs === null;
}

function reportOver(
  kind: 'policy' | 'schema',
  name: string,
  cost: Cost,
  limits: CostLimits,
  span: Span,
  report: Report,
): void {
  const over: { readonly setting: keyof CostLimits; readonly is: string; readonly most: string }[] = [];
  const look = (setting: keyof CostLimits, shown: (value: number) => string): void => {
    const most = limits[setting];
    if (most !== null && cost[setting] > most) over.push({ setting, is: shown(cost[setting]), most: shown(most) });
  };
  look('bytesPerKey', (value) => `${value.toLocaleString('en')} bytes per key`);
  look('operationsPerEvent', (value) => `${value} operations per event`);
  look('lookBackMs', (value) => `a look-back of ${formatMs(value)}`);
  if (over.length > 0) report('cost-over-limit', span, { kind, name, over });
}
