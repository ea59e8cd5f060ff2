// The gates in the order in which they are asked; the first that refuses is the one that is named.
// A new gate is one file and one line here.

import { cooldown } from './cooldown.ts';
import type { GateEntry } from './gate.ts';
import { limit } from './limit.ts';
import { stale } from './stale.ts';
import { unknownTarget } from './unknown-target.ts';

export const gates: readonly GateEntry[] = [stale, unknownTarget, cooldown, limit];
