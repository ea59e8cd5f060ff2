// `stale after` is at least as long as `every`.

import { formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const staleShorterThanCadence: LintRule = {
  names: ['stale-shorter-than-cadence'],
  program({ bound }, report) {
    for (const schema of bound.schemas.values()) {
      if (schema.everyMs === null || schema.staleMs === null || schema.staleMs >= schema.everyMs) continue;
      const place = schema.declaration.items.find((item) => item.kind === 'timing' && item.word === 'stale after');
      report('stale-shorter-than-cadence', place?.span ?? schema.declaration.name.span, {
        stale: formatMs(schema.staleMs),
        every: formatMs(schema.everyMs),
      });
    }
  },
};
