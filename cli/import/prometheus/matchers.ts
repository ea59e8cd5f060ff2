// Label matchers as conditions on tags. In Prometheus a label that is absent is an empty text, here it is missing.

import type { Expression } from '../../../grammar/ast.ts';
import { compare, isIn, isLike, logic, missing, not, reference, text } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import { alternativesOf } from './pattern.ts';
import type { LabelMatcher } from './promql.ts';

/** A condition, and one that is true when the first is not: neither is unknown where the other is known. */
export interface Guard {
  readonly yes: Expression;
  readonly no: Expression;
}

/** `always`: the tag is the key, which is never absent. `null` when every series fits. @throws Refusal when the pattern can't be said in texts and globs. */
export function matcherGuard(matcher: LabelMatcher, tag: string, always: boolean): Guard | null {
  const positive = matcher.operator === '=' || matcher.operator === '=~';
  const guard = matchGuard(matcher, tag, always);
  if (guard === null) {
    if (positive) return null;
    throw new Refusal('a matcher that no series fits', describeMatcher(matcher));
  }
  return positive ? guard : { yes: guard.no, no: guard.yes };
}

export function describeMatcher({ label, operator, value }: LabelMatcher): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}

/** That the label's value is one of those matched; `null` when any is, the absent one too. */
function matchGuard(matcher: LabelMatcher, tag: string, always: boolean): Guard | null {
  const isPattern = matcher.operator.endsWith('~');
  const alternatives = isPattern ? alternativesOf(matcher.value) : [{ text: matcher.value, glob: false }];
  if (alternatives === null)
    throw new Refusal('a pattern that is no list of texts and globs', describeMatcher(matcher));
  if (alternatives.some(({ glob, text: pattern }) => glob && /^\*+$/.test(pattern))) return null;
  const absent = missing(tag);
  if (alternatives.some(({ glob, text: pattern }) => glob && /^\?\*+$/.test(pattern))) {
    const both = always || alternatives.some(({ text: pattern }) => pattern === '');
    return both ? null : { yes: not(absent), no: absent };
  }
  const named = reference(tag);
  const texts = alternatives.filter(({ glob, text: value }) => !glob && value !== '').map(({ text: value }) => value);
  const present = [
    ...(texts.length === 1 ? [compare(named, '==', text(texts[0]))] : texts.length > 1 ? [isIn(named, texts)] : []),
    ...alternatives.filter(({ glob }) => glob).map(({ text: pattern }) => isLike(named, pattern)),
  ];
  const one = logic('or', present);
  if (one === null) {
    if (always) throw new Refusal('a label of the key that is to be absent', describeMatcher(matcher));
    return { yes: absent, no: not(absent) };
  }
  const none = logic('and', present.map(not)) ?? one;
  if (always) return { yes: one, no: none };
  if (alternatives.some(({ text: value }) => value === ''))
    return { yes: logic('or', [absent, one]) ?? one, no: logic('and', [not(absent), none]) ?? none };
  return { yes: one, no: logic('or', [absent, none]) ?? none };
}
