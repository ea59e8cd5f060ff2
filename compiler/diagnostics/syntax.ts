// Words for the parser's problems.

import type { SourceFile, SyntaxProblem } from '../../grammar/ast.ts';
import type { Report } from './reporter.ts';

export function reportSyntax(sources: readonly SourceFile[], problems: readonly SyntaxProblem[], report: Report): void {
  const damaged = new Set(problems.map((problem) => problem.span.file));
  for (const problem of problems) reportProblem(problem, report);
  for (const source of sources) {
    if (source.declarations.length > 0 || damaged.has(source.file)) continue;
    report('empty-file', { file: source.file, start: 0, end: 0 }, {});
  }
}

function reportProblem(problem: SyntaxProblem, report: Report): void {
  const { span, found, expected, context } = problem;
  switch (problem.code) {
    case 'unexpected-token':
      report('unexpected-token', span, { found, expected, context }, opened(problem));
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

function opened(problem: SyntaxProblem): { related?: { span: SyntaxProblem['span']; message: string }[] } {
  return problem.opened === undefined ? {} : { related: [{ span: problem.opened, message: 'opened here' }] };
}
