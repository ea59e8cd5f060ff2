// 100 policies of all kinds over many keys, and the same program with a part of them changed: what reloads are measured
// with.

import type { Session } from '../../runtime/evaluate/session.ts';

export const carryStartMs = Date.UTC(2026, 0, 1);

const metrics = ['load', 'errors', 'queue', 'depth', 'memory'];

/** `changed`: 5 policies have another threshold, 5 are gone, 5 are new and name a key and a region. */
export function carryProgram(changed: boolean): string {
  const lines = ['schema service {', '  key id', '  tag region', '  tag pod at most 5'];
  for (const metric of metrics) lines.push(`  metric ${metric}: number`);
  lines.push('  every 10s', '}');
  for (let index = 0; index < 100; index++) {
    if (changed && index % 20 === 7) continue;
    const metric = metrics[index % metrics.length];
    const bar = 90 + (index % 9) + (changed && index % 20 === 3 ? 0.5 : 0);
    const conditions = [
      `${metric} > ${bar}`,
      `${metric} > ${bar} for 2m`,
      `avg(${metric} over ${1 + (index % 4)}m) > ${bar}`,
      `max(${metric} over 5m) > ${bar}`,
      index % 8 === 0 ? `missing(${metric}) for ${5 + index}m` : `p90(${metric} over 2m) > ${bar}`,
    ];
    lines.push(...policy(`p${index}`, '', conditions[Math.floor(index / 5) % conditions.length]));
  }
  for (let index = 0; changed && index < 5; index++) {
    lines.push(
      ...policy(`new${index}`, ` where id == "key-${index * 31}" and region == "r${index}"`, 'load > 95 for 1m'),
    );
  }
  return `${lines.join('\n')}\n`;
}

function policy(name: string, where: string, condition: string): readonly string[] {
  return [`policy ${name} {`, `  on service${where}`, `  when ${condition}`, '  do notify("look here")', '}'];
}

/** One event of each key in the second that begins at `atMs`. */
export function sendRound({ intake, partition }: Session, keys: number, atMs: number): void {
  const [service] = intake.schemas;
  const { rows } = service;
  const pod = service.tagSlot.get('pod') as number;
  const region = service.tagSlot.get('region') as number;
  for (let key = 0; key < keys; key++) {
    const at = atMs + Math.floor((key * 1000) / keys);
    const row = rows.append(at, service.keys.intern(`key-${key}`), intake.seq++);
    for (let m = 0; m < metrics.length; m++)
      rows.values[row * rows.width + m] = ((key * 31 + m * 7 + at / 1000) % 100) + 0.5;
    rows.tags[row * rows.tagWidth + region] = service.tags[region].intern(`r${key % 7}`);
    rows.tags[row * rows.tagWidth + pod] = service.tags[pod].intern(`pod-${key % 3}`);
    if (rows.rows === 4096) partition.drain();
  }
  partition.drain();
}
