// The commands that talk to an engine: a walk from plan to rollback, what is printed, exit codes, tokens.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ddlc } from '../../cli/ddlc.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { type Role, tokenHash } from '../../runtime/control/tokens.ts';
import { type BundleChoice, bundleOf } from '../bundle/bundle-fixtures.ts';
import { type Api, ask, signer, startApi } from '../control/control-bench.ts';
import { scratch } from '../support/scratch.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly note: string;
}

afterEach(() => vi.unstubAllEnvs());

/** In this process, in which the engine's API answers. */
async function run(words: readonly string[], folder = '/'): Promise<Said> {
  let out = '';
  let note = '';
  const terminal: Terminal = {
    out: (text) => {
      out += text;
      return true;
    },
    note: (text) => {
      note += text;
    },
    drained: async () => {},
    outClosed: false,
    color: { out: false, note: false },
    interactive: false,
    folder,
  };
  const code = await ddlc(words, terminal);
  return { code, out, note };
}

const on = (api: Api, ...words: string[]): string[] => [...words, '--engine', api.url];

/** A folder with bundles by name. */
function bundles(choices: Readonly<Record<string, BundleChoice>>): string {
  const folder = scratch();
  for (const [name, choice] of Object.entries(choices)) {
    mkdirSync(join(folder, name));
    for (const [file, text] of bundleOf(choice)) writeFileSync(join(folder, name, file), text);
  }
  return folder;
}

test('plan, deploy, status, rollback', async () => {
  const api = await startApi();
  const folder = bundles({ next: { signer, serial: 2, thresholdMs: 300 } });
  const plan = await run(on(api, 'plan', 'next'), folder);
  expect(plan.code).toBe(0);
  expect(plan.out).toBe(
    'policy slow (slow.ddl:1) changed: wider, state-resetting\n  when: latency > 500ms → latency > 300ms   [wider, state-resetting]\n',
  );
  expect(plan.note).toMatch(/1 policy changed: .*\nit would be taken: serial 2, in place of [0-9a-f]{12}\n$/s);
  expect(api.manager.running.serial).toBe(1);

  const deployed = await run(on(api, 'deploy', 'next', '--why', 'more headroom'), folder);
  expect(deployed).toMatchObject({ code: 0, note: '' });
  expect(deployed.out).toMatch(
    /^[0-9a-f]{12} \(serial 2\) runs \(order 1, signed by [0-9a-f]{16}\) in place of [0-9a-f]{12}: 0 policies went on, 1 began anew, 0\.3 ms without judging\n$/,
  );
  expect((await run(on(api, 'deploy', 'next', '--why', 'again'), folder)).out).toMatch(/runs already\n$/);

  const status = await run(on(api, 'status'));
  // The bench has a policy that was turned off.
  expect(status.code).toBe(1);
  expect(status.out).toMatch(
    /^engine engine-1, up since 1970-01-01T00:00:00\.000Z: ready\nbundle [0-9a-f]{12} \(serial 2\) from upload/,
  );
  expect(status.out).toContain('  TURNED OFF slow: TypeError: boom\n');
  expect(status.out).toMatch(
    /last orders\n {2}1 {2}\S+ {2}deploy [0-9a-f]{12} \(serial 2\) by local: more headroom\n$/,
  );

  const back = await run(on(api, 'rollback', '--why', 'it pages', '--format', 'json'));
  expect(JSON.parse(back.out)).toMatchObject({ result: 'active', serial: 1, order: 2 });
  const to = await run(on(api, 'rollback', '--why', 'it did not', '--to', api.store.ordered[0].hash.slice(0, 8)));
  expect(to.out).toContain('(serial 2) runs (order 3');
});

test('what the engine refuses: its words, exit code 1, the problem as JSON', async () => {
  const api = await startApi();
  const folder = bundles({ unsigned: { serial: 2 }, old: { signer, serial: 0, thresholdMs: 300 } });
  const unsigned = await run(on(api, 'deploy', 'unsigned', '--why', 'a', '--format', 'json'), folder);
  expect(unsigned.code).toBe(1);
  expect(JSON.parse(unsigned.out)).toMatchObject({ status: 422, fault: 'unsigned' });
  expect(unsigned.note).toMatch(/^refused: this bundle does not run: it is not signed: compile it/);
  const plan = await run(on(api, 'plan', 'old'), folder);
  expect(plan.code).toBe(1);
  expect(plan.out).toContain('latency > 500ms → latency > 300ms');
  expect(plan.note).toMatch(/it would be refused: its serial 0 is lower than 1/);
  expect((await run(on(api, 'plan', 'old', '--downgrade'), folder)).code).toBe(0);
  const forced = await run(on(api, 'deploy', 'old', '--downgrade', '--why', 'b'), folder);
  expect(forced).toMatchObject({ code: 0 });
  api.controls.failing = true;
  expect((await run(on(api, 'kill'))).note).toMatch(/^refused: the engine can’t do this now: its log says why/);
});

test('a plan without comparable sources tells what manifests tell', async () => {
  const api = await startApi();
  const spoil = (texts: Map<string, string>): boolean => texts.delete('sources.json');
  const folder = bundles({
    next: {
      signer,
      serial: 2,
      thresholdMs: 300,
      spoil,
      manifest: (own) => {
        own.files = own.files.filter(({ name }) => name !== 'sources.json');
      },
    },
  });
  const plan = await run(on(api, 'plan', 'next'), folder);
  expect(plan).toMatchObject({ code: 0, out: 'policy slow (slow.ddl:1) changed: clauses   [state-resetting]\n' });
  expect(plan.note).toMatch(/^\(as far as manifests tell/);
});

test('pause, silence, kill, resume', async () => {
  const api = await startApi();
  const pause = await run(on(api, 'pause', '--fleet', 'shop', '--why', 'a\nmove', '--for', '2h'));
  expect(pause.code).toBe(0);
  expect(pause.out).toMatch(/^1 {2}pause fleet shop from \S+Z until \S+Z, by local: a\?move\n$/);
  expect(api.controls.kept[0]).toMatchObject({ scope: { kind: 'fleet', fleet: 'shop' } });
  const silence = [
    'silence',
    '--direction',
    'down',
    '--why',
    'b',
    '--for',
    '1h30m',
    '--maintenance',
    '--from',
    '2036-01-31T02:00:00+01:00',
  ];
  expect((await run(on(api, ...silence))).out).toMatch(
    /^2 {2}maintenance every action down from 2036-01-31T01:00:00\.000Z until 2036-01-31T02:30:00\.000Z, by local: b\n$/,
  );
  const kill = await run(on(api, 'kill'));
  expect(kill.out).toMatch(/^3 {2}KILLED everything from \S+ until it is resumed, by local: not said\n$/);
  expect(kill.note).toBe('end it with `ddlc resume 3 --why REASON`\n');
  expect((await run(on(api, 'status'))).out).toContain('held back\n  1  pause fleet shop');
  expect(await run(on(api, 'resume', '3', '9', '--why', 'c'))).toMatchObject({
    code: 1,
    out: 'ended: 3\n9 does not hold\n',
  });
  expect(await run(on(api, 'resume', '--all', '--why', 'd'))).toMatchObject({ code: 0, out: 'ended: 1, 2\n' });
});

test.each([
  [['pause', '--why', 'a'], /name one of --fleet/],
  [['pause', '--fleet', 'a', '--all', '--why', 'a'], /name one of --fleet/],
  [['pause', '--all'], /required option '--why <text>'/],
  [['pause', '--all', '--why', 'a', '--for', '2'], /It is a duration such as 15s/],
  [['silence', '--all', '--why', 'a'], /required option '--for <duration>'/],
  [['silence', '--all', '--why', 'a', '--for', '1h', '--from', 'tomorrow'], /a time with its zone/],
  [['resume', '--why', 'a'], /name what to end by its number/],
  [['resume', '1', '--all', '--why', 'a'], /either numbers or --all/],
  [['resume', 'x', '--why', 'a'], /It is a number such as 3/],
  [['deploy', 'nowhere', '--why', 'a'], /nowhere is no bundle/],
  [['status', '--engine', 'engine-1'], /engine-1 is no address of an engine; give one such as http/],
  [['status', '--engine', 'http://127.0.0.1:1'], /connection refused by 127\.0\.0\.1:1; is it running\?/],
])('%j is wrong usage', async (words, message) => {
  const { code, out, note } = await run(words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toMatch(message);
});

test('the token comes from DDL_TOKEN and is told to be wrong or too little', async () => {
  const entry = (name: string, role: Role): { name: string; roles: Role[]; sha256: string } => ({
    name,
    roles: [role],
    sha256: tokenHash(`ddl_${name}`),
  });
  const api = await startApi({ tokens: [entry('ann', 'operator'), entry('eve', 'viewer')] });
  expect(await run(on(api, 'kill'))).toMatchObject({ code: 2, note: expect.stringMatching(/there is no token: send/) });
  vi.stubEnv('DDL_TOKEN', 'ddl_nobody');
  expect((await run(on(api, 'kill'))).note).toMatch(/the token is not known here/);
  vi.stubEnv('DDL_TOKEN', 'ddl_eve');
  expect((await run(on(api, 'kill'))).note).toMatch(/the token `eve` does not have the role operator/);
  vi.stubEnv('DDL_TOKEN', 'ddl_ann\n');
  expect((await run(on(api, 'kill'))).out).toContain('by ann: not said');
  expect((await ask(api, '/api/controls', { token: 'ddl_ann' })).json.controls).toHaveLength(1);
});
