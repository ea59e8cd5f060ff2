// DDL1xxx: mistakes in the form of the text.

import { entry, policyWhen, policyWith } from './entry.ts';

interface Unexpected {
  readonly found: string;
  readonly expected: readonly string[];
  readonly context: string;
  /** What may have been meant. */
  readonly meant: string | null;
  /** What to do, where that is known. */
  readonly advice?: string;
}

/** The parser's words are quoted already where they are quotes. */
function quoted(found: string): string {
  if (found === '') return 'end of the file';
  return found.startsWith('`') || found.includes(' ') ? found : `\`${found}\``;
}

function adviseCharacter(found: string): string {
  if (/^[“”„'‘’`]/.test(found)) return 'texts stand in plain double quotes: `"…"`';
  return 'remove it; outside of texts and comments only letters, digits and the signs of the language are used';
}

function list(words: readonly string[]): string {
  const quoted = words.map((word) => (/^[\w{}()[\]:|,]+$/.test(word) ? `\`${word}\`` : word));
  if (quoted.length <= 1) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

export const syntaxEntries = {
  'unexpected-token': entry<Unexpected>({
    code: 'DDL1001',
    severity: 'error',
    title: 'unexpected text',
    message: ({ found, context }) => `unexpected ${quoted(found)}${context === '' ? '' : ` in ${context}`}`,
    label: ({ expected }) => (expected.length === 0 || expected.length > 8 ? null : `expected ${list(expected)}`),
    help: ({ expected, meant, advice }) => {
      if (advice !== undefined) return advice;
      if (meant !== null) return `did you mean \`${meant}\`?`;
      return expected.length > 8 ? `here may stand ${list(expected)}` : null;
    },
    explanation:
      'The text does not have the form of the language at this place. What could have stood there is listed. The rest of the file is read on, so that every mistake is reported at once.',
    bad: policyWhen('error_rate > > 5%'),
    good: policyWhen('error_rate > 5%'),
  }),
  'unclosed-string': entry({
    code: 'DDL1002',
    severity: 'error',
    title: 'a text is not closed',
    message: () => 'this text has no closing `"` on its line',
    help: () => 'end the text with `"`; a line break inside is written `\\n`',
    explanation:
      'A text begins and ends with a double quote on one line. Without the second one everything to the end of the line would be taken for text.',
    bad: policyWith('  title "Slow\n  when latency > 500ms\n  do notify("look here")'),
    good: policyWith('  title "Slow"\n  when latency > 500ms\n  do notify("look here")'),
  }),
  'unclosed-block': entry<{ readonly context: string }>({
    code: 'DDL1003',
    severity: 'error',
    title: 'a block is not closed',
    message: ({ context }) => `${context === '' ? 'a block' : `this ${context}`} is not closed`,
    help: () => 'add the closing `}` or `)`',
    explanation: 'What is opened with `{` or `(` must be closed. The place where it was opened is shown.',
    bad: 'policy example {\n  on service\n  when latency > 500ms\n  do notify("look here")\n',
    good: policyWhen('latency > 500ms'),
  }),
  'bad-character': entry<{ readonly found: string; readonly expected: readonly string[] }>({
    code: 'DDL1004',
    severity: 'error',
    title: 'a character that the language does not use',
    message: ({ found }) =>
      found === '`/*`' ? '`/*` begins no comment' : `${quoted(found)} is no character of the language`,
    help: ({ found, expected }) => {
      if (found === '`/*`') return 'comments begin with `//` and end with their line';
      return expected.length > 0 ? `write ${list(expected)}` : adviseCharacter(found.replaceAll('`', ''));
    },
    explanation:
      'Outside of texts and comments only letters, digits, `_` and the signs of the language may stand. Characters that look alike are a usual reason, for example quotes from a word processor.',
    bad: policyWhen('latency > 500ms $ ready'),
    good: policyWhen('latency > 500ms and ready'),
  }),
  'bad-escape': entry<{ readonly found: string }>({
    code: 'DDL1005',
    severity: 'error',
    title: 'an unknown escape in a text',
    message: ({ found }) => `${quoted(found)} is no escape`,
    help: () => 'known escapes: `\\"`, `\\\\`, `\\n`, `\\t`, `\\r`, `\\u{1F600}`',
    explanation: 'A backslash in a text begins an escape. For the backslash itself write it twice.',
    bad: policyWith('  title "C:\\qa"\n  when latency > 500ms\n  do notify("look here")'),
    good: policyWith('  title "C:\\\\qa"\n  when latency > 500ms\n  do notify("look here")'),
  }),
  'bad-number': entry<{ readonly found: string }>({
    code: 'DDL1006',
    severity: 'error',
    title: 'a number that can not be read',
    message: ({ found }) => `${quoted(found)} is no number`,
    help: () => 'numbers look like `5`, `0.05`, `1_000` or `1e6`, with the unit right behind: `500ms`, `5%`',
    explanation: 'A number has digits, at most one point, and perhaps an exponent; its unit follows without a blank.',
    bad: policyWhen('queue > 1__0'),
    good: policyWhen('queue > 1_000'),
  }),
  'not-text': entry({
    code: 'DDL1007',
    severity: 'error',
    title: 'the file is not text',
    message: () => 'this file is not UTF-8 text',
    help: () => 'save it as UTF-8, or move it out of the folder of the policies',
    explanation:
      'A `.ddl` file is UTF-8 text. This one holds bytes that no text has: it is perhaps an archive, an image, or text in another encoding.',
    bad: '',
    good: policyWhen('latency > 500ms'),
  }),
};
