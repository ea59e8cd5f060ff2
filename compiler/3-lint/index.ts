// The lint rules, in the order in which the reference lists them.

import { attemptsLongerThanCooldown } from './attempts-longer-than-cooldown.ts';
import { counterDeclaredAsNumber } from './counter-declared-as-number.ts';
import { dataNotHeld } from './data-not-held.ts';
import { divisionByZero } from './division-by-zero.ts';
import { floatEquality } from './float-equality.ts';
import { forShorterThanCadence } from './for-shorter-than-cadence.ts';
import { gaugeDeclaredAsCounter } from './gauge-declared-as-counter.ts';
import { hiddenText } from './hidden-text.ts';
import { holdShorterThanCadence } from './hold-shorter-than-cadence.ts';
import { idleTune } from './idle-tune.ts';
import { latenessBeyondAge } from './lateness-beyond-age.ts';
import { limitNeverReached } from './limit-never-reached.ts';
import { mixedCounters } from './mixed-counters.ts';
import { negatedFor } from './negated-for.ts';
import { repeatedAction } from './repeated-action.ts';
import type { LintRule } from './rule.ts';
import { settleLongerThanCooldown } from './settle-longer-than-cooldown.ts';
import { silenceUnseen } from './silence-unseen.ts';
import { staleShorterThanCadence } from './stale-shorter-than-cadence.ts';
import { staleWithoutSlack } from './stale-without-slack.ts';
import { stepBeyondSize } from './step-beyond-size.ts';
import { thresholdOutsideRange } from './threshold-outside-range.ts';
import { unaccountablePolicy } from './unaccountable-policy.ts';
import { unboundedKey } from './unbounded-key.ts';
import { unitAgainstName } from './unit-against-name.ts';
import { unusedDeclaration } from './unused-declaration.ts';
import { windowShorterThanCadence } from './window-shorter-than-cadence.ts';
import { withinShorterThanCadence } from './within-shorter-than-cadence.ts';

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
  attemptsLongerThanCooldown,
  gaugeDeclaredAsCounter,
  hiddenText,
  holdShorterThanCadence,
  latenessBeyondAge,
  limitNeverReached,
  repeatedAction,
  staleWithoutSlack,
  stepBeyondSize,
  thresholdOutsideRange,
  unboundedKey,
  unitAgainstName,
  withinShorterThanCadence,
  mixedCounters,
];
