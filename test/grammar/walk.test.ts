// Walking reaches every node that has a kind.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from '../../grammar/parser.ts';
import { childrenOf, type TreeNode, walk } from '../../grammar/walk.ts';
import { arbitraryProgram } from '../support/arbitrary-program.ts';

/** Objects with a `kind`, found by looking everywhere. */
function countKinds(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = 'kind' in value ? 1 : 0;
  return Object.values(value).reduce((sum: number, part) => sum + countKinds(part), own);
}

test('every node is visited once', () => {
  fc.assert(
    fc.property(arbitraryProgram, (text) => {
      for (const declaration of parse('a.ddl', text).source.declarations) {
        const seen = new Set<TreeNode>();
        let visits = 0;
        walk(declaration, (node) => {
          seen.add(node);
          visits++;
        });
        expect(visits).toBe(countKinds(declaration));
        expect(seen.size).toBe(visits);
      }
    }),
    { numRuns: 100 },
  );
});

test('what the visitor refuses is not entered', () => {
  const [policy] = parse('a.ddl', 'policy p {\n  when a > 1 and b\n  cooldown 5m\n}').source.declarations;
  const kinds: string[] = [];
  if (policy === undefined) throw new Error('no policy');
  walk(policy, (node) => {
    kinds.push(node.kind);
    return node.kind !== 'when';
  });
  expect(kinds).toEqual(['policy', 'when', 'property', 'quantity']);
  expect(childrenOf(policy).map((node) => node.kind)).toEqual(['when', 'property']);
});
