// Every module of the runtime loads in Node itself: the test runner forgives imports of names that Node does not find.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sourceModules } from '../support/source-tree.ts';

test('every module of the runtime loads in Node as it is', () => {
  const modules = sourceModules()
    .map(({ path }) => path)
    .filter((path) => path.startsWith('runtime/') && !path.endsWith('-worker.ts'));
  const script = `
    const wrong = [];
    for (const path of ${JSON.stringify(modules)})
      await import('file://' + ${JSON.stringify(root)} + '/' + path).catch((error) => wrong.push(path + ': ' + error.message));
    process.stdout.write(JSON.stringify(wrong));
    process.exit();`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(root),
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual([]);
});
