// The second part of `npm run bench:project`: what ten times the policies cost `ddlc check`, also when all of them look at
// the same metrics and act on the same fleet. Goal: at most twelve times the work. Counts this process's own time.

import { analyse, type FileText } from '../../compiler/analyse.ts';
import { largeProject } from './large-project.ts';
import { formatTable } from './table.ts';

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

const rows = [...shapes.map(([name, policy]) => [name, (count: number) => filesOf(count, policy)] as const)];
rows.push(['a large repository', largeProject]);
const measured = rows.map(([name, files]) => {
  // The optimizing compiler has seen all of it.
  workMs(files(1000));
  const small = Math.min(workMs(files(1000)), workMs(files(1000)));
  const large = workMs(files(10_000));
  return [name, small.toFixed(0), large.toFixed(0), (large / small).toFixed(1)];
});
process.stdout.write(formatTable('policies', ['shape', '1,000: ms', '10,000: ms', 'times'], measured));
