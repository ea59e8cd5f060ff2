// `ddl.json`: the limit on what a program may touch, and what is said of a file that can't be used.

import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { schemaText, scratch } from '../support/scratch.ts';

const files = (settings: string | null) => ({
  'shop/schema.ddl': schemaText,
  'shop/grow.ddl': `fleet shop {
  deployment "shop" in "default"
  size 4..8
}

policy grow {
  owner "shop"
  runbook "https://runbooks.example/grow"
  on service where service_id == "shop"
  when latency > 500ms for 30s
  do scale_up(shop, by: 1)
  limit 2 per 1h
  mode enforce
}
`,
  ...(settings === null ? {} : { 'shop/ddl.json': settings }),
});

test('what can be touched is printed, and held to the limit', () => {
  const free = runDdlc(['check', 'shop'], { folder: scratch(files(null)) });
  expect(free).toMatchObject({ code: 0, out: '' });
  expect(free.note).toContain('can touch at most 50% of fleet `shop` per hour');
  const limited = runDdlc(['check', 'shop'], { folder: scratch(files('{"limits": {"fleetSharePerHour": 0.4}}')) });
  expect(limited.code).toBe(1);
  expect(limited.out).toContain('error[DDL5101]');
  const wide = runDdlc(['check', 'shop', '--format', 'json'], {
    folder: scratch(files('{"limits": {"fleetSharePerHour": 0.5}}')),
  });
  expect(wide.code).toBe(0);
  expect(JSON.parse(wide.out).fleets).toMatchObject([
    { fleet: 'shop', sharePerHour: 0.5, sharePerHourIfEnforced: 0.5, policies: ['grow'] },
  ]);
});

test.each([
  ['no JSON', '{', 'shop/ddl.json'],
  ['an unknown setting', '{"limits": {"fleetShare": 0.5}}', 'fleetShare'],
  ['a share above one', '{"limits": {"fleetSharePerHour": 50}}', '`limits.fleetSharePerHour`'],
])('%s stops with the place of the mistake', (_, settings, said) => {
  const { code, out, note } = runDdlc(['check', 'shop'], { folder: scratch(files(settings)) });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toContain(said);
});
