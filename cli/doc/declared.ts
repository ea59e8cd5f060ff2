// What only the sources of a program say: comments, layout, parameters as written, which tests expect what.

import { LineIndex } from '../../compiler/diagnostics/position.ts';
import type { PolicyDeclaration, ProgramDeclaration, SourceFile, Span, TuneDeclaration } from '../../grammar/ast.ts';

export type TestPlace = readonly [title: string, place: string];
export type ParameterRow = readonly [name: string, value: string, where: string];

export class Declared {
  readonly #indexes: ReadonlyMap<string, LineIndex>;
  readonly #abouts = new Map<string, readonly string[]>();
  readonly #policies = new Map<string, PolicyDeclaration>();
  readonly #tunes = new Map<string, TuneDeclaration[]>();
  readonly #tests = new Map<string, TestPlace[]>();

  constructor(files: readonly SourceFile[]) {
    this.#indexes = new Map(files.map(({ file, text }) => [file, new LineIndex(text)]));
    for (const { declarations } of files) for (const declaration of declarations) this.#take(declaration);
  }

  #take(declaration: ProgramDeclaration): void {
    switch (declaration.kind) {
      case 'schema':
      case 'fleet':
        this.#abouts.set(`${declaration.kind} ${declaration.name.text}`, declaration.doc);
        break;
      case 'policy':
        this.#policies.set(declaration.name.text, declaration);
        break;
      case 'tune':
        append(this.#tunes, declaration.policy.text, declaration);
        break;
      case 'test': {
        const { file, start } = declaration.span;
        const place = `${file}:${this.#indexes.get(file)?.position(start).line ?? 0}`;
        const named = declaration.items.flatMap((item) =>
          item.kind === 'expect-decision' && item.policy !== null ? [item.policy.text] : [],
        );
        for (const policy of new Set(named)) append(this.#tests, policy, [declaration.title.value, place]);
      }
    }
  }

  /** The `///` lines above a declaration. */
  about(kind: 'schema' | 'fleet', name: string): readonly string[] {
    return this.#abouts.get(`${kind} ${name}`) ?? [];
  }

  aboutPolicy(name: string): readonly string[] {
    return this.#policies.get(name)?.doc ?? [];
  }

  /** A condition as written, lines kept; `null` when there is none. */
  condition(policy: string, word: 'when' | 'until'): string | null {
    for (const item of this.#policies.get(policy)?.items ?? [])
      if (item.kind === word && 'condition' in item) return dedented(this.#text(item.condition));
    return null;
  }

  /** The policy's clauses of that kind as written, each on one line. */
  clauses(policy: string, kind: 'schedule' | 'on-missing'): readonly string[] {
    const items = this.#policies.get(policy)?.items ?? [];
    return items.filter((item) => item.kind === kind).map((item) => oneLine(this.#text(item)));
  }

  /** Parameters with their values, and what `tune` gives instead and where. */
  parameters(policy: string): readonly ParameterRow[] {
    const own = this.#policies.get(policy)?.parameters ?? [];
    const tunes = this.#tunes.get(policy) ?? [];
    return own.flatMap((parameter): ParameterRow[] => [
      [parameter.name.text, oneLine(this.#text(parameter.value)), ''],
      ...tunes.flatMap((tune) =>
        tune.values
          .filter((value) => value.name.text === parameter.name.text)
          .map(
            (value): ParameterRow => [
              parameter.name.text,
              oneLine(this.#text(value.value)),
              oneLine(this.#text(tune.where)),
            ],
          ),
      ),
    ]);
  }

  /** Tests that expect something of the policy by name. */
  testsOf(policy: string): readonly TestPlace[] {
    return this.#tests.get(policy) ?? [];
  }

  #text({ span }: { readonly span: Span }): string {
    return this.#indexes.get(span.file)?.text.slice(span.start, span.end) ?? '';
  }
}

function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The first line stands where it was cut out; the others lose what they are indented by in common. */
function dedented(text: string): string {
  const [first = '', ...rest] = text.split('\n').map((line) => line.trimEnd());
  const indents = rest.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents, 40);
  return [first, ...rest.map((line) => line.slice(indent))].join('\n');
}
