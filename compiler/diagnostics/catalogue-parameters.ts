// Parameters of policies and `tune`, in the ranges of names, types and lint.

import { tunableTypes } from '../vocabulary/metric-types.ts';
import { boolType, exampleLiteral } from '../vocabulary/types.ts';
import { type Advised, entry } from './entry.ts';

/** A policy with one parameter that is worth `limit` where nothing is tuned. */
function tunable(limit: string): string {
  return `policy example(limit: duration = ${limit}) {\n  on service\n  when latency > limit\n  do notify("look here")\n}\n`;
}

export const parameterEntries = {
  'unknown-parameter': entry<Advised & { readonly policy: string }>({
    code: 'DDL2041',
    severity: 'error',
    title: 'unknown parameter of a policy',
    message: ({ name, policy }) => `policy \`${policy}\` has no parameter \`${name}\``,
    help: ({ advice }) => advice,
    explanation:
      '`tune` sets parameters of a policy for some of the rows that it judges. Parameters stand behind the policy’s name, each with its type and the value where nothing is tuned.',
    bad: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limt: 900ms\n}\n`,
    good: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limit: 900ms\n}\n`,
  }),
  'unfit-parameter-value': entry<{ readonly name: string; readonly type: string; readonly found: string }>({
    code: 'DDL3060',
    severity: 'error',
    title: 'a parameter with a value of another type',
    message: ({ name, type }) => `parameter \`${name}\` is a \`${type}\``,
    label: ({ found }) => `this is ${found}`,
    help: ({ type }) => `write a ${type}, for example \`${exampleLiteral(tunableTypes.get(type) ?? boolType)}\``,
    explanation:
      'A parameter has one type, and what it is worth, in the policy’s head and in each `tune`, is a literal or constant of that type.',
    bad: tunable('500'),
    good: tunable('500ms'),
  }),
  'conflicting-tunes': entry<{ readonly parameter: string; readonly policy: string }>({
    code: 'DDL3061',
    severity: 'error',
    title: 'two tunes that say different things of one row',
    message: ({ parameter, policy }) =>
      `\`${parameter}\` of \`${policy}\` gets another value than in a \`tune\` that may hold for the same row`,
    help: () => 'let each demand another value of one key or tag: `where service_id == "a"`, `where service_id == "b"`',
    explanation:
      'Which of two tunes holds for a row must not depend on their order. Two tunes are told apart when both demand values of one key or tag, by `==` or `in`, and no value is among both.',
    bad: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limit: 900ms\n}\n\ntune example where region == "eu-west-1" {\n  limit: 700ms\n}\n`,
    good: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limit: 900ms\n}\n\ntune example where service_id == "cart" {\n  limit: 700ms\n}\n`,
  }),
  'idle-tune': entry<{ readonly policy: string; readonly why: string }>({
    code: 'DDL4060',
    severity: 'warning',
    title: 'a tune without effect',
    message: ({ policy, why }) => `this \`tune ${policy}\` changes nothing: ${why}`,
    help: () => 'remove it, or correct what it demands or sets',
    explanation:
      'A `tune` has an effect when it can hold for a row that the policy judges and sets a parameter to another value than the one in the policy’s head.',
    bad: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limit: 500ms\n}\n`,
    good: `${tunable('500ms')}\ntune example where service_id == "search" {\n  limit: 900ms\n}\n`,
  }),
};
