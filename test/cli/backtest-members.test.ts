// `ddlc backtest --members`: what the fleet's gates would have said to a fleet of that many members.

import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

const program = `schema service {
  key id
  metric x: number
  every 1s
}

fleet team { size 2..40 }

policy grows {
  on service
  when x > 5
  do scale_up(team, by: 2)
  owner "ops"
}
`;

test('a fleet is as large as is said, else in the middle of its size', () => {
  const folder = scratch({
    'a.ddl': program,
    'e.jsonl': '{"id":"1","timestamp":1772366400000,"metrics":{"x":6},"tags":{"id":"a"}}\n',
  });
  const backtest = (...args: string[]) => runDdlc(['backtest', 'a.ddl', '--events', 'e.jsonl', ...args], { folder });
  expect(JSON.parse(backtest().out)).toMatchObject({ outcome: 'shadowed' });
  expect(JSON.parse(backtest('--members', 'team=9').out)).toMatchObject({
    outcome: 'refused',
    gate: 'budget',
    reason: 'budget: 2 asked, 0 of the 1 that may be added are used (20% per 5m of team); that is never enough',
  });
  expect(JSON.parse(backtest('--members', 'team=10').out)).toMatchObject({ outcome: 'shadowed' });
  expect(JSON.parse(backtest('--members', 'team=40').out)).toMatchObject({ gate: 'inventory' });
  expect(backtest('--members', 'team')).toMatchObject({ code: 2, note: expect.stringContaining('payment=12') });
  expect(backtest('--members', 'other=3')).toMatchObject({ code: 2, note: expect.stringContaining('there are team') });
});
