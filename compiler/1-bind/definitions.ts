// `let` and `const`: circles are found, and how large each grows once every name is put in its place, without recursion.

import type { ConstDeclaration, LetDeclaration } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { type Extent, extentOf } from './expressions.ts';
import type { Bound, Definition } from './symbols.ts';

type Declaration = LetDeclaration | ConstDeclaration;

interface Draft {
  readonly declaration: Declaration;
  readonly extent: Extent;
  done: Definition | null;
  open: boolean;
  /** In a circle, or torn by a mistake of form: stands for nothing. */
  unsound: boolean;
}

/**
 * Definitions of one scope by name, the first of two of one name. `outer` are those of the scope around it, already
 * done. A circle is reported once, at the definition that closes it.
 */
export function bindDefinitions(
  declarations: readonly Declaration[],
  outer: ReadonlyMap<string, Definition>,
  brokenLine: Bound['brokenLine'],
  report: Report,
): ReadonlyMap<string, Definition> {
  const drafts = new Map<string, Draft>();
  for (const declaration of declarations) {
    if (drafts.has(declaration.name.text)) continue;
    drafts.set(declaration.name.text, {
      declaration,
      extent: extentOf(declaration.value),
      done: null,
      open: false,
      unsound: brokenLine(declaration),
    });
  }
  for (const draft of drafts.values()) if (draft.done === null) finish(draft, drafts, outer, report);
  return new Map([...drafts].map(([name, draft]) => [name, draft.done as Definition]));
}

function finish(
  root: Draft,
  drafts: ReadonlyMap<string, Draft>,
  outer: ReadonlyMap<string, Definition>,
  report: Report,
): void {
  const stack: { readonly draft: Draft; next: number }[] = [{ draft: root, next: 0 }];
  root.open = true;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const reference = top.draft.extent.references[top.next++];
    if (reference === undefined) {
      stack.pop();
      top.draft.open = false;
      top.draft.done = complete(top.draft, drafts, outer);
      continue;
    }
    const inner = drafts.get(reference.name);
    if (inner === undefined || inner.done !== null) continue;
    if (inner.open) {
      markCircle(
        stack.map((entry) => entry.draft),
        inner,
      );
      report(
        'cyclic-definition',
        reference.span,
        { name: reference.name },
        { related: [{ span: inner.declaration.name.span, message: 'defined here' }] },
      );
      continue;
    }
    inner.open = true;
    stack.push({ draft: inner, next: 0 });
  }
}

function markCircle(path: readonly Draft[], closing: Draft): void {
  for (const draft of path.slice(path.indexOf(closing))) draft.unsound = true;
}

function complete(
  draft: Draft,
  drafts: ReadonlyMap<string, Draft>,
  outer: ReadonlyMap<string, Definition>,
): Definition {
  let size = draft.extent.size;
  let deepest = 0;
  let sound = !draft.unsound;
  for (const reference of draft.extent.references) {
    const own = drafts.get(reference.name);
    const inner = own === undefined ? outer.get(reference.name) : own.done;
    if (inner === null || inner === undefined) continue;
    size += inner.size;
    deepest = Math.max(deepest, inner.depth);
    if (!inner.sound) sound = false;
  }
  const depth = draft.extent.depth + deepest;
  const { declaration } = draft;
  return { kind: declaration.kind, name: declaration.name.text, declaration, sound, size: Math.min(size, 1e9), depth };
}
