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
    case 'unexpected-token':
      report(
        'unexpected-token',
        span,
        { found, expected, context, meant: meantWord(found, expected) },
        opened(problem),
      );
      break;
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

/** The expected word that is nearest to what stands there. */
function meantWord(found: string, expected: readonly string[]): string | null {
  const word = found.replaceAll('`', '');
  const words = expected.map((entry) => entry.replaceAll('`', '')).filter((entry) => /^\w+$/.test(entry));
  return /^\w+$/.test(word) ? suggest(word, words) : null;
}

function opened(problem: SyntaxProblem): { related?: { span: SyntaxProblem['span']; message: string }[] } {
  return problem.opened === undefined ? {} : { related: [{ span: problem.opened, message: 'opened here' }] };
}
