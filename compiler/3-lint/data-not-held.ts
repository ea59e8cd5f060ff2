// Unknown data leaves a policy as it is, unless its author says otherwise: each such word is noted.

import type { OnMissing } from '../2-check/facts.ts';
import type { LintRule } from './rule.ts';

const effects: Readonly<Record<Exclude<OnMissing, 'hold'>, string>> = {
  reset: 'one event without data begins every `for` of this policy anew',
  'treat_as false': 'one event without data begins every `for` anew and re-arms this policy, which then fires again',
};

export const dataNotHeld: LintRule = {
  names: ['data-not-held'],
  policy({ policy, onMissing }, _program, report) {
    if (policy.onMissing === null || onMissing === 'hold') return;
    report('data-not-held', policy.onMissing.span, { rule: onMissing, effect: effects[onMissing] });
  },
};
