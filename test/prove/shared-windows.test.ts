// Policies that share a window number their history each in its own way: what is found out about one is not computed
// with the numbering of another.

import { expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';

const schema = 'schema s {\n  key host\n  metric a: number\n  metric b: number\n  every 1s\n}\n';

function findings(...policies: readonly (readonly [name: string, when: string])[]): readonly string[] {
  const texts = policies.map(
    ([name, when]) => `policy ${name} {\n  on s\n  when ${when}\n  do notify("x")\n  owner "a"\n  cooldown 1m\n}\n`,
  );
  const { diagnostics } = analyse([{ file: 'a.ddl', text: [schema, ...texts].join('\n') }]);
  return diagnostics.map(({ name }) => name);
}

const first = ['first', 'max(b over 1m) > 3 and avg(a over 5m) > 5'] as const;

test('a sum of several unknowns, one of which another policy has named before', () => {
  expect(findings(first, ['second', 'avg(a over 5m) + b + a > 7'])).toEqual([]);
});
