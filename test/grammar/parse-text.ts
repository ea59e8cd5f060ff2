// What the tests of the grammar share: parsing with a fixed file name, and short views on trees and problems.

import type { ParseResult, PolicyDeclaration, ProgramDeclaration, SyntaxProblem } from '../../grammar/ast.ts';
import { parse } from '../../grammar/parser.ts';

/** The declarations of a text that has no problems. */
export function parseSound(text: string): readonly ProgramDeclaration[] {
  const { source, problems } = parse('a.ddl', text);
  if (problems.length > 0) throw new Error(problems.map((problem) => describe(text, problem)).join('\n'));
  return source.declarations;
}

/** `line: code found, in context`, one for each problem. */
export function problemsOf(text: string): string[] {
  return parse('a.ddl', text).problems.map((problem) => describe(text, problem));
}

function describe(text: string, problem: SyntaxProblem): string {
  const line = text.slice(0, problem.span.start).split('\n').length;
  return `${line}: ${problem.code} ${problem.found}, in ${problem.context}`;
}

/** `policy a [on, when, cooldown]`, one for each declaration. */
export function outline(result: ParseResult): string[] {
  return result.source.declarations.map((declaration) => {
    const { kind } = declaration;
    const name =
      kind === 'test' ? declaration.title.value : (kind === 'tune' ? declaration.policy : declaration.name).text;
    if (!('items' in declaration)) return `${declaration.kind} ${name}`;
    const items = declaration.items.map((item) => (item.kind === 'property' ? item.name.text : item.kind));
    return `${declaration.kind} ${name} [${items.join(', ')}]`;
  });
}

/** A tree as JSON, without places. */
export function withoutSpans(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value) => (key === 'span' ? undefined : value)));
}

export function policyOf(text: string): PolicyDeclaration {
  const [policy] = parseSound(text);
  if (policy?.kind !== 'policy') throw new Error('the text holds no policy');
  return policy;
}
