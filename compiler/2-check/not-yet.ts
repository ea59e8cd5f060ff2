// Constructs that parse and that the steps behind do not know yet: each use is one error. An entry goes when its
// construct comes; the file goes with the last.

import type { SourceFile } from '../../grammar/ast.ts';
import { type TreeNode, walk } from '../../grammar/walk.ts';
import type { Report } from '../diagnostics/reporter.ts';

interface Unbuilt {
  readonly what: string;
  is(node: TreeNode): boolean;
}

const unbuilt: readonly Unbuilt[] = [
  { what: '`of` behind the type of a metric', is: (node) => node.kind === 'metric' && node.of !== null },
];

export function reportNotYet(sources: readonly SourceFile[], report: Report): void {
  for (const source of sources) {
    for (const declaration of source.declarations) {
      walk(declaration, (node) => {
        const found = unbuilt.find((entry) => entry.is(node));
        if (found !== undefined) report('not-yet', placeOf(node), { what: found.what });
      });
    }
  }
}

function placeOf(node: TreeNode): TreeNode['span'] {
  return node.kind === 'policy' || node.kind === 'metric' ? node.name.span : node.span;
}
