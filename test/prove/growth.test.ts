// Ten times the policies cost at most twelve times the work, also when all of them look at the same metrics and act on the
// same fleet.

import { describe, expect, test } from 'vitest';
import { analyse, type FileText } from '../../compiler/analyse.ts';
import { largeProject } from '../bench/large-project.ts';

const schema = `schema s {
  key k
  metric x: number
  metric y: number
  every 1s
  stale after 10s
}
fleet f {
  deployment "f"
  size 2..10
}
`;

const shapes: readonly (readonly [string, (index: number) => string])[] = [
  [
    'thresholds on the same metrics',
    (i) => `policy p${i} {\n  on s\n  when x > ${i} and y < ${i}\n  do notify("look")\n}\n`,
  ],
  [
    'actions on one fleet',
    (i) =>
      `policy p${i} {\n  on s\n  when x > ${i} and y < ${i}\n  do ${i % 2 === 0 ? 'scale_up' : 'scale_down'}(f, by: 1)\n  priority ${i % 5}\n}\n`,
  ],
  [
    'windows for many keys',
    (i) =>
      `policy p${i} {\n  on s where k == "k${Math.floor(i / 4)}"\n  when avg(x over 5m) > ${i % 13} for 1m and y > 1\n  do notify("look")\n}\n`,
  ],
];

function filesOf(policies: number, policy: (index: number) => string): readonly FileText[] {
  const files: FileText[] = [{ file: 's.ddl', text: schema }];
  for (let from = 0; from < policies; from += 100) {
    const texts = Array.from({ length: 100 }, (_, at) => policy(from + at));
    files.push({ file: `p${from}.ddl`, text: texts.join('') });
  }
  return files;
}

/** Of this process alone: others on the machine don't count. */
function workMs(files: readonly FileText[]): number {
  const before = process.cpuUsage();
  analyse(files);
  return process.cpuUsage(before).user / 1000;
}

describe('ten times the policies', () => {
  test.each(shapes)('%s', { timeout: 60_000 }, (_, policy) => {
    workMs(filesOf(200, policy));
    const small = Math.min(workMs(filesOf(200, policy)), workMs(filesOf(200, policy)));
    expect(workMs(filesOf(2000, policy)) / small).toBeLessThan(12);
  });

  test('a large repository', { timeout: 60_000 }, () => {
    workMs(largeProject(200));
    const small = Math.min(workMs(largeProject(200)), workMs(largeProject(200)));
    expect(workMs(largeProject(2000)) / small).toBeLessThan(12);
  });
});
