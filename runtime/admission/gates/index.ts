// The gates in the order in which they are asked; the first that refuses is the one that is named. Those that look at the
// request alone come first. A new gate is one file and one line here; one with state also a line of the script in `redis/`.

import { budget } from './budget.ts';
import { busy } from './busy.ts';
import { cooldown } from './cooldown.ts';
import type { GateEntry } from './gate.ts';
import { inventory } from './inventory.ts';
import { limit } from './limit.ts';
import { opposite } from './opposite.ts';
import { overtime } from './overtime.ts';
import { paused } from './paused.ts';
import { settling } from './settling.ts';
import { silenced } from './silenced.ts';
import { stale } from './stale.ts';
import { unavailable } from './unavailable.ts';
import { unknownTarget } from './unknown-target.ts';

export const gates: readonly GateEntry[] = [
  unavailable,
  paused,
  silenced,
  stale,
  overtime,
  unknownTarget,
  inventory,
  settling,
  cooldown,
  limit,
  budget,
  opposite,
  busy,
];
