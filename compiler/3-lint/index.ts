// The lint rules, in the order in which the reference lists them.

import { counterDeclaredAsNumber } from './counter-declared-as-number.ts';
import { dataNotHeld } from './data-not-held.ts';
import { divisionByZero } from './division-by-zero.ts';
import { floatEquality } from './float-equality.ts';
import { forShorterThanCadence } from './for-shorter-than-cadence.ts';
import { idleTune } from './idle-tune.ts';
import { negatedFor } from './negated-for.ts';
import type { LintRule } from './rule.ts';
import { settleLongerThanCooldown } from './settle-longer-than-cooldown.ts';
import { silenceUnseen } from './silence-unseen.ts';
import { staleShorterThanCadence } from './stale-shorter-than-cadence.ts';
import { unaccountablePolicy } from './unaccountable-policy.ts';
import { unusedDeclaration } from './unused-declaration.ts';
import { windowShorterThanCadence } from './window-shorter-than-cadence.ts';

export const lintRules: readonly LintRule[] = [
  floatEquality,
  forShorterThanCadence,
  staleShorterThanCadence,
  windowShorterThanCadence,
  unaccountablePolicy,
  unusedDeclaration,
  counterDeclaredAsNumber,
  settleLongerThanCooldown,
  divisionByZero,
  silenceUnseen,
  negatedFor,
  dataNotHeld,
  idleTune,
];
