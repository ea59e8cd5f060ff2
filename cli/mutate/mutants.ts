// Every mutant of a program, in the order of its sources: one declaration with one small change.

import type { PolicyItem, ProgramDeclaration, SourceFile, Span } from '../../grammar/ast.ts';
import { formatHead, formatPolicyItem } from '../../grammar/format-expression.ts';
import { type TreeNode, walk } from '../../grammar/walk.ts';
import { type Change, type ChangeKind, changed, changesOf } from './changes.ts';

export interface Mutant {
  readonly kind: ChangeKind;
  /** The policy that is changed; `null` for a `let` or `const` that several may use. */
  readonly policy: string | null;
  readonly file: string;
  /** Where the change is. */
  readonly span: Span;
  /** The item of the policy (or the declaration) in one line; `after` is empty when it is gone. */
  readonly before: string;
  readonly after: string;
  /** Makes the program's files with the change, without tests and other policies. */
  readonly sources: () => readonly SourceFile[];
}

export function mutantsOf(sources: readonly SourceFile[]): readonly Mutant[] {
  return sources.flatMap((source) =>
    source.declarations.flatMap((declaration) => declarationMutants(declaration, source, sources)),
  );
}

function declarationMutants(
  declaration: ProgramDeclaration,
  source: SourceFile,
  sources: readonly SourceFile[],
): readonly Mutant[] {
  const policy = policyOf(declaration);
  if (policy === undefined) return [];
  const mutants: Mutant[] = [];
  walk(declaration, (node) => {
    // What an action is told is asked of its clause.
    for (const change of changesOf(node)) {
      const { before, after, span } = shown(declaration, node, change, source.text);
      const make = (): readonly SourceFile[] => {
        const made = changed(declaration, change);
        return sources.map((file) => within(file, file === source ? declaration : null, made, policy));
      };
      mutants.push({ kind: change.kind, policy, file: source.file, span, before, after, sources: make });
    }
    return node.kind !== 'do';
  });
  return mutants;
}

/** `undefined`: not to be changed. */
function policyOf(declaration: ProgramDeclaration): string | null | undefined {
  switch (declaration.kind) {
    case 'policy':
      return declaration.name.text;
    case 'tune':
      return declaration.policy.text;
    case 'let':
    case 'const':
      return null;
    default:
      return undefined;
  }
}

function within(
  file: SourceFile,
  old: ProgramDeclaration | null,
  made: ProgramDeclaration,
  policy: string | null,
): SourceFile {
  const declarations = file.declarations.flatMap((declaration) => {
    if (declaration === old) return [made];
    if (declaration.kind === 'test') return [];
    return policy !== null && policyOf(declaration) !== undefined && isOther(declaration, policy) ? [] : [declaration];
  });
  return { ...file, declarations };
}

function isOther(declaration: ProgramDeclaration, policy: string): boolean {
  const name = policyOf(declaration);
  return name !== null && name !== policy;
}

function shown(
  declaration: ProgramDeclaration,
  node: TreeNode,
  change: Change,
  text: string,
): Pick<Mutant, 'before' | 'after' | 'span'> {
  const place = spanOf(change.of) ?? node.span;
  const item = declaration.kind === 'policy' ? declaration.items.find(({ span }) => holds(span, place)) : undefined;
  if (item === undefined) {
    const before = declarationLine(declaration, text);
    return { before, after: declarationLine(changed(declaration, change), text), span: place };
  }
  const after = change.of === item ? (change.by as PolicyItem | null) : changed(item, change);
  return {
    before: formatPolicyItem(item, text),
    after: after === null ? '' : formatPolicyItem(after, text),
    span: place,
  };
}

/** Of `tune` its values too. */
function declarationLine(declaration: ProgramDeclaration, text: string): string {
  const head = formatHead(declaration, text);
  if (declaration.kind !== 'tune') return head;
  const values = declaration.values.map(
    ({ name, value }) => `${name.text}: ${text.slice(value.span.start, value.span.end)}`,
  );
  const literal = declaration.values.map(({ name, value }) =>
    value.kind === 'quantity' ? `${name.text}: ${value.text}${value.unit ?? ''}` : null,
  );
  return `${head} { ${values.map((value, index) => literal[index] ?? value).join(', ')} }`;
}

function spanOf(node: object): Span | null {
  return 'span' in node ? (node.span as Span) : null;
}

function holds(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
