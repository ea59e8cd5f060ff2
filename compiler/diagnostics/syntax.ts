// Words for the parser's problems.

import type { SourceFile, SyntaxProblem } from '../../grammar/ast.ts';
import { policyPropertyByName } from '../vocabulary/properties.ts';
import type { Report } from './reporter.ts';
import { suggest } from './suggest.ts';

export function reportSyntax(sources: readonly SourceFile[], problems: readonly SyntaxProblem[], report: Report): void {
  const damaged = new Set(problems.map((problem) => problem.span.file));
  const files = new Map(sources.map((source) => [source.file, source]));
  for (const problem of problems) {
    const source = files.get(problem.span.file);
    if (source === undefined || !isMisspeltClause(problem, source)) reportProblem(problem, report);
  }
  for (const source of sources) {
    if (source.declarations.length > 0 || damaged.has(source.file)) continue;
    report('empty-file', { file: source.file, start: 0, end: 0 }, {});
  }
}

/**
 * `wen error_rate > 5%` reads as a property with too much behind it. That there is no such property says more, and is
 * told when properties are checked.
 */
function isMisspeltClause(problem: SyntaxProblem, source: SourceFile): boolean {
  if (problem.code !== 'unexpected-token' || problem.context !== 'property') return false;
  const { start } = problem.span;
  const policy = source.declarations.find(
    ({ kind, span }) => kind === 'policy' && span.start <= start && start <= span.end,
  );
  if (policy?.kind !== 'policy') return false;
  const head = policy.items.findLast((item) => item.span.start < start);
  if (head?.kind !== 'property' || policyPropertyByName.has(head.name.text)) return false;
  return !source.text.slice(head.span.start, start).includes('\n');
}

function reportProblem(problem: SyntaxProblem, report: Report): void {
  const { span, found, expected, context } = problem;
  switch (problem.code) {
    case 'unexpected-token': {
      const advice = adviseWord(problem);
      const meant = meantWord(found, expected);
      report(
        'unexpected-token',
        span,
        { found, expected, context, meant, ...(advice === null ? {} : { advice }) },
        opened(problem),
      );
      break;
    }
    case 'unclosed-block':
      report('unclosed-block', span, { context }, opened(problem));
      break;
    case 'bad-character':
      report('bad-character', span, { found, expected });
      break;
    case 'bad-escape':
    case 'bad-number':
      report(problem.code, span, { found });
      break;
    case 'unclosed-string':
    case 'nested-too-deeply':
    case 'file-too-large':
    case 'not-text':
      report(problem.code, span, {});
  }
}

/** Words behind an expression that stand at another place than people expect. */
const misplacedWords: ReadonlyMap<string, string> = new Map([
  ['not', 'write `not` in front: `not (region in ["a", "b"])`'],
  ['over', 'a window belongs inside a function: `avg(latency over 5m)`'],
  ['across', 'members are gone over inside a function: `avg(cpu across instance)`'],
  ['ago', 'what it belongs to is one value: `(C) ago 1h`, or a window: `avg(latency over 5m ago 1d)`'],
  ['then', 'a sequence takes two conditions: write `(A then B within 5m) then C within 5m`'],
]);
/** Words that go on with an expression; which of them may stand at a place is not told one by one. */
const expressionWords = ['between', 'in', 'like', 'within', 'then', 'ago'];

/** Clauses that a condition ends, and all places behind an expression. */
const clauseContexts: ReadonlySet<string> = new Set(['on clause', 'when clause', 'until clause']);
const expressionContexts: ReadonlySet<string> = new Set([...clauseContexts, 'const', 'let', 'call', 'policy', 'file']);

/** What to do about a word that can not stand behind an expression. */
function adviseWord({ found, expected, context }: SyntaxProblem): string | null {
  const word = found.replaceAll('`', '');
  if (!expressionContexts.has(context)) return null;
  if (clauseContexts.has(context) && expected.includes('the end of the line') && policyPropertyByName.has(word))
    return `begin a new line: \`${word}\` belongs to the policy`;
  if ((word === 'for' || word === 'within') && expected.includes('`or`') && !expected.includes('`for`'))
    return `put what is held in parentheses: \`(A then B within 5m) ${word} 3s\``;
  // A value is wanted where `(` is: what is wrong there is something else.
  return expected.includes('`(`') ? null : (misplacedWords.get(word) ?? null);
}

/** The expected word that is nearest to what stands there. */
function meantWord(found: string, expected: readonly string[]): string | null {
  const word = found.replaceAll('`', '');
  const further = expected.includes('an operator') ? expressionWords : [];
  const words = [...expected.map((entry) => entry.replaceAll('`', '')), ...further].filter((entry) =>
    /^\w+$/.test(entry),
  );
  return /^\w+$/.test(word) ? suggest(word, words) : null;
}

function opened(problem: SyntaxProblem): { related?: { span: SyntaxProblem['span']; message: string }[] } {
  return problem.opened === undefined ? {} : { related: [{ span: problem.opened, message: 'opened here' }] };
}
