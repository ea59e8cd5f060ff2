// What must hold of every text, whatever it says: no step throws, formatting changes nothing but the layout, and a
// program without errors becomes code that loads and runs its own tests.

import { createEvaluator } from '../../cli/program.ts';
import { renderText } from '../../cli/render/text.ts';
import { runTests } from '../../cli/test-runner.ts';
import { eventsOf, type TestPlan } from '../../compiler/4-lower/test-plan.ts';
import { type Analysis, analyse } from '../../compiler/analyse.ts';
import type { ParseResult } from '../../grammar/ast.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { lex } from '../../grammar/tokens.ts';

/** Tests with more events than that are not run: they would measure patience. */
const testEventsMax = 2_000;
/** Formatting writes the parentheses that one asks for, and as an escape the character that the other one sees. */
const aboutWriting: ReadonlySet<string> = new Set(['negated-for', 'invisible-character']);
const file = 'fuzz.ddl';

/** Throws when one of it does not hold. Says how far the text came: the further, the more there is to mutate. */
export function judgeInput(text: string): 'mistakes of form' | 'errors' | 'sound' {
  const parsed = parse(file, text);
  checkPlaces(text, parsed.problems, 'problem');
  const formatted = format(parsed.source);
  if (parsed.problems.length === 0) checkFormatted(parsed, text, formatted);
  const analysis = analyse([{ file, text }]);
  checkPlaces(text, analysis.diagnostics, 'diagnostic');
  renderText(analysis.diagnostics, new Map([[file, text]]));
  if (parsed.problems.length > 0) return 'mistakes of form';
  const again = analyse([{ file, text: formatted }]);
  demand(meaningOf(again) === meaningOf(analysis), 'formatting changed what is found or meant');
  if (analysis.ir === null) {
    demand(
      analysis.diagnostics.some(({ severity }) => severity === 'error'),
      'nothing was lowered and nothing is wrong',
    );
    return 'errors';
  }
  runProgram(analysis);
  return 'sound';
}

function checkPlaces(
  text: string,
  found: readonly { readonly span: { readonly start: number; readonly end: number } }[],
  what: string,
): void {
  for (const { span } of found) {
    demand(span.start >= 0 && span.start <= span.end && span.end <= text.length, `a ${what} lies outside of the text`);
  }
}

function checkFormatted(parsed: ParseResult, text: string, formatted: string): void {
  const again = parse(file, formatted);
  demand(again.problems.length === 0, 'what was formatted has mistakes of form');
  demand(shapeOf(again) === shapeOf(parsed), 'formatting changed the tree');
  demand(format(again.source) === formatted, 'formatting twice is not formatting once');
  demand(commentsOf(formatted) === commentsOf(text), 'formatting lost or made a comment');
}

function shapeOf({ source }: ParseResult): string {
  return JSON.stringify(source.declarations, (name, value) => (name === 'span' ? undefined : value));
}

function commentsOf(text: string): string {
  return lex(text)
    .comments.map((comment) => comment.image.trimEnd())
    .sort()
    .join('\n');
}

/** What is found, by name, and what each policy means. */
function meaningOf({ diagnostics, ir }: Analysis): string {
  const names = diagnostics
    .map(({ name }) => name)
    .filter((name) => !aboutWriting.has(name))
    .sort();
  return [...names, ...(ir?.policies.map(({ meta }) => meta.hash) ?? ['nothing'])].join('\n');
}

function runProgram(analysis: Analysis): void {
  const { ir, testPlans } = analysis;
  if (ir === null) return;
  createEvaluator(ir, 'interpreter');
  createEvaluator(ir, 'plain');
  const evaluator = createEvaluator(ir, 'generated');
  const small = testPlans.filter((plan) => eventsOfPlan(plan) <= testEventsMax);
  runTests({ testPlans: small }, evaluator);
}

function eventsOfPlan({ series }: TestPlan): number {
  return series.flatMap(({ rows }) => rows).reduce((sum, row) => sum + eventsOf(row), 0);
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
