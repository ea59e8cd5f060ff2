// A step leads to a size that the fleet may have.

import type { FleetFacts } from '../2-check/facts.ts';
import type { LintRule } from './rule.ts';

export const stepBeyondSize: LintRule = {
  names: ['step-beyond-size'],
  policy({ actions }, { checked }, report) {
    for (const { entry, target, args, call } of actions) {
      if (target?.kind !== 'fleet') continue;
      const size = sizeOf(checked.fleets, target.fleet);
      const [step] = [args.get('by'), args.get('size')].filter((value) => typeof value === 'number');
      if (size === null || step === undefined) continue;
      const { min, max } = size;
      const isOutside = entry.name === 'scale_to' ? step < min || step > max : step > max - min;
      if ((entry.name !== 'scale_to' && entry.name !== 'scale_up' && entry.name !== 'scale_down') || !isOutside)
        continue;
      report('step-beyond-size', call.span, { action: entry.name, fleet: target.fleet, step, min, max });
    }
  },
};

const sizes = new WeakMap<readonly FleetFacts[], ReadonlyMap<string, FleetFacts['size']>>();

function sizeOf(fleets: readonly FleetFacts[], name: string): FleetFacts['size'] {
  let byName = sizes.get(fleets);
  if (byName === undefined) {
    byName = new Map(fleets.map(({ fleet, size }) => [fleet.name, size]));
    sizes.set(fleets, byName);
  }
  return byName.get(name) ?? null;
}
