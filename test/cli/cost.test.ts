// `ddlc cost`: its table, its JSON, and programs with errors.

import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch, soundProject } from '../support/scratch.ts';

const mean = `policy mean {
  on service
  when avg(latency over 5m) > 500ms
  do notify("slow")
}
`;

test('a table of policies and schemas', () => {
  const folder = scratch({ ...soundProject, 'shop/mean.ddl': mean });
  const { code, out } = runDdlc(['cost', 'shop'], { folder });
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "policy                                 bytes per key  operations per event  look-back
    ─────────────────────────────────────  ─────────────  ────────────────────  ─────────
    mean                                           8,708                     5         5m
    slow                                              32                     3         5m
    ─────────────────────────────────────  ─────────────  ────────────────────  ─────────
    schema service (2 policies, 1 window)          8,740                     8         5m
    "
  `);
});

test('json', () => {
  const folder = scratch(soundProject);
  const { code, out } = runDdlc(['cost', 'shop', '--format', 'json'], { folder });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    policies: [
      {
        policy: 'slow',
        schema: 'service',
        source: 'policies/slow.ddl:1',
        bytesPerKey: 32,
        operationsPerEvent: 3,
        lookBackMs: 300_000,
      },
    ],
    schemas: [
      { schema: 'service', policies: 1, windows: 0, bytesPerKey: 32, operationsPerEvent: 3, lookBackMs: 300_000 },
    ],
    most: { bytesPerKey: 32, operationsPerEvent: 3, lookBackMs: 300_000 },
  });
});

test('a program with errors has no cost', () => {
  const folder = scratch({ 'a.ddl': mean });
  expect(runDdlc(['cost', '.'], { folder })).toMatchObject({ code: 1, out: '' });
  expect(runDdlc(['cost', 'missing'], { folder })).toMatchObject({ code: 2, out: '' });
});

test('limits of the project turn into errors, in check and in compile', () => {
  const limits = (policy: object): string => JSON.stringify({ limits: { policy } });
  const files = { ...soundProject, 'shop/mean.ddl': mean };
  const folder = scratch({ ...files, 'shop/ddl.json': limits({ bytesPerKey: 5000, lookBackMs: 60_000 }) });
  const { code, out } = runDdlc(['check', 'shop'], { folder });
  expect(code).toBe(1);
  expect(out).toContain('error[DDL5010]: policy `mean` takes 8,708 bytes per key, and 5,000 bytes per key is the most');
  expect(out).toContain('policy `slow` takes a look-back of 5m, and a look-back of 1m is the most');
  expect(runDdlc(['compile', 'shop', '--out', 'bundle'], { folder })).toMatchObject({
    code: 1,
    note: expect.stringContaining('DDL5010'),
  });
  const roomy = scratch({ ...files, 'shop/ddl.json': limits({ bytesPerKey: 50_000 }) });
  expect(runDdlc(['check', 'shop'], { folder: roomy }).code).toBe(0);
  const wrong = scratch({ ...files, 'shop/ddl.json': limits({ bytes: 5 }) });
  expect(runDdlc(['check', 'shop'], { folder: wrong })).toMatchObject({ code: 2 });
});
