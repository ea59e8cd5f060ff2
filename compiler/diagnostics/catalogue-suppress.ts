// DDL42xx: comments that let a finding stand.

import { entry, policyWhen } from './entry.ts';

function ignoring(comment: string, condition = 'latency == 500ms'): string {
  return policyWhen(condition).replace('  when', `  ${comment}\n  when`);
}

const sound = ignoring('// ddl-ignore DDL4001 until 2099-01-01: the source sends whole steps of 100 ms');

export const suppressEntries = {
  'bad-suppression': entry<{ readonly fault: 'form' | 'date' | 'reason'; readonly until: string }>({
    code: 'DDL4201',
    severity: 'warning',
    title: 'a comment that is meant to suppress a finding and does not',
    message: ({ fault, until }) => {
      if (fault === 'reason') return 'this suppresses nothing: it gives no reason';
      return fault === 'date'
        ? `this suppresses nothing: \`${until}\` is no day`
        : 'this suppresses nothing: it names no code';
    },
    help: () => 'write `// ddl-ignore DDL4001 until 2027-01-01: the reason`; the date may be left out',
    explanation:
      '`// ddl-ignore CODE: reason` lets a warning on its own line or the next stand, as `ddlc fmt` lays out lines. The reason is for whoever reads it in a year; `until DATE` makes sure that somebody does.',
    bad: ignoring('// ddl-ignore DDL4001', 'latency >= 500ms'),
    good: sound,
  }),
  'unknown-suppression': entry<{ readonly code: string; readonly near: string | null }>({
    code: 'DDL4202',
    severity: 'warning',
    title: 'a suppression of a code that does not exist',
    message: ({ code }) => `there is no \`${code}\` to suppress`,
    help: ({ near }) => (near === null ? '`ddlc explain` lists all codes' : `did you mean \`${near}\`?`),
    explanation: 'A code that does not exist suppresses nothing. It is most likely misspelt.',
    bad: ignoring('// ddl-ignore DDL4999: known to the team', 'latency >= 500ms'),
    good: sound,
  }),
  'suppressed-error': entry<{ readonly code: string }>({
    code: 'DDL4203',
    severity: 'warning',
    title: 'a suppression of an error',
    message: ({ code }) => `\`${code}\` is an error and can't be suppressed`,
    help: () => 'mend what it is about, and remove the comment',
    explanation: 'A program with errors has no meaning, so there is nothing that could be let stand.',
    bad: ignoring('// ddl-ignore DDL2002: comes with the next release', 'latency >= 500ms'),
    good: sound,
  }),
  'idle-suppression': entry<{ readonly code: string }>({
    code: 'DDL4204',
    severity: 'warning',
    title: 'a suppression that suppresses nothing',
    message: ({ code }) => `no \`${code}\` is found on this line or the next`,
    help: () => 'remove the comment, or move it to the line of the finding',
    explanation:
      'The finding that this comment let stand is no longer there, or elsewhere. A comment that stays behind would hide the next one.',
    bad: ignoring('// ddl-ignore DDL4001: exact on purpose', 'latency >= 500ms'),
    good: sound,
  }),
  'expired-suppression': entry<{ readonly code: string; readonly until: string }>({
    code: 'DDL4205',
    severity: 'warning',
    title: 'a suppression that has expired',
    message: ({ code, until }) => `\`${code}\` was let stand until ${until}, and is still there`,
    help: () => 'mend it, or write a later date and why',
    explanation: 'What was let stand for a while is due. Until somebody has looked at it again, this takes its place.',
    bad: ignoring('// ddl-ignore DDL4001 until 2020-12-31: the new source comes this year'),
    good: sound,
  }),
};

/** What `suppress` reports: no rule of its own, but held to the same. */
export const suppressNames = Object.keys(suppressEntries) as (keyof typeof suppressEntries)[];
