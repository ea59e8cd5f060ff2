// `ddlc backtest --base`: the same decisions, those of one version only, those that moved in time, those that ended
// another way; counted, shown, and as a merge gate.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type BacktestComparison, compareBacktests } from '../../cli/compare-backtests.ts';
import { createEvaluator } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { schemaText, scratch } from '../support/scratch.ts';

const slow = 'policy slow {\n  on service\n  when latency > 500ms for 10s\n  do notify("slow")\n  cooldown 20s\n}\n';
const begin = Date.UTC(2026, 0, 1);

/** One event a second: slow from 5 to 44. */
const events = Array.from({ length: 60 }, (_, second) =>
  JSON.stringify({
    id: `${second}`,
    timestamp: begin + second * 1000,
    metrics: { latency: second >= 5 && second < 45 ? 600 : 100 },
    tags: { 'service.name': 'a' },
  }),
).join('\n');

function evaluatorOf(policies: string) {
  const { ir, diagnostics } = analyse([{ file: 'input.ddl', text: `${schemaText}${policies}` }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return createEvaluator(ir, 'generated');
}

function compared(base: string, head: string): Promise<BacktestComparison> {
  return compareBacktests(evaluatorOf(base), evaluatorOf(head), [Buffer.from(events)], {
    schema: null,
    where: 'events',
    now: () => begin,
    deadLetter: () => {},
  });
}

const seconds = ({ differences }: BacktestComparison) =>
  differences.map(({ kind, base, head }) => [
    kind,
    base === null ? null : (base.at - begin) / 1000,
    head === null ? null : (head.at - begin) / 1000,
  ]);

test('a version compared with itself decides the same', async () => {
  const { total, differences, events: count } = await compared(slow, slow);
  expect({ ...total, count }).toMatchObject({ base: 2, head: 2, same: 2, moved: 0, count: 60 });
  expect(differences).toEqual([]);
});

test('what comes less than a cooldown earlier or later has moved', async () => {
  const found = await compared(slow, slow.replace('for 10s', 'for 4s'));
  expect(seconds(found)).toEqual([
    ['moved', 15, 9],
    ['moved', 35, 29],
  ]);
  expect(found.total).toMatchObject({ same: 0, moved: 2 });
});

test('what only one of them decides', async () => {
  expect(seconds(await compared(slow, slow.replace('500ms', '700ms')))).toEqual([
    ['only-base', 15, null],
    ['only-base', 35, null],
  ]);
  const more = `${slow}${slow.replace('policy slow', 'policy slower').replace('10s', '30s')}`;
  const found = await compared(slow, more);
  expect(seconds(found)).toEqual([['only-head', null, 35]]);
  expect(found.policies).toEqual([
    { policy: 'slow', base: 2, head: 2, same: 2, onlyBase: 0, onlyHead: 0, moved: 0, changed: 0 },
    { policy: 'slower', base: 0, head: 1, same: 0, onlyBase: 0, onlyHead: 1, moved: 0, changed: 0 },
  ]);
});

test('the same moment with another outcome, or other actions, has changed', async () => {
  const limited = await compared(slow, slow.replace('cooldown 20s', 'cooldown 20s\n  limit 1 per 1h'));
  expect(limited.differences).toMatchObject([
    { kind: 'changed', base: { outcome: 'admitted' }, head: { outcome: 'refused', gate: 'limit' } },
  ]);
  const worded = await compared(slow, slow.replace('notify("slow")', 'notify("very slow")'));
  expect(worded.total).toMatchObject({ same: 0, changed: 2 });
});

test('the command: a table, every difference as JSON, the gate, a commit for a base', () => {
  const head = slow.replace('for 10s', 'for 4s');
  const folder = scratch({
    'base/a.ddl': `${schemaText}${slow}`,
    'head/a.ddl': `${schemaText}${head}`,
    'events.jsonl': `${events}\n`,
  });
  const backtest = (...args: readonly string[]) =>
    runDdlc(['backtest', 'head', '--events', 'events.jsonl', ...args], { folder });
  const shown = backtest('--base', 'base');
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/^slow +2 +2 +0 +0 +0 +2 +0$/m);
  expect(shown.out).toContain(
    'moved      2026-01-01T00:00:15.000Z → 2026-01-01T00:00:09.000Z (6s earlier)  slow for a: admitted',
  );
  expect(shown.out).toContain('0 same, 0 only in base, 0 only in head, 2 moved in time');
  const asJson = JSON.parse(backtest('--base', 'base', '--format', 'json').out);
  expect(asJson).toMatchObject({ events: 60, total: { moved: 2 }, differences: [{ byMs: -6000 }, { byMs: -6000 }] });
  expect(backtest('--base', 'base', '--deny-changes').code).toBe(1);
  expect(backtest('--base', 'head', '--deny-changes')).toMatchObject({ code: 0, out: 'the same 2 decisions\n' });
  expect(backtest('--format', 'json')).toMatchObject({ code: 2, note: expect.stringContaining('--base') });
  expect(backtest('--base', 'base', '--report', 'summary')).toMatchObject({ code: 2 });

  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'base');
  expect(backtest('--base', 'git:HEAD', '--deny-changes').code).toBe(0);
});
