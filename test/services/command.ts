// `npm run services start|check|stop [redis redis-cluster postgres kafka]`: real servers for people, in the background
// until they are stopped. `start` prints what a shell needs: `eval "$(npm run -s services start)"`.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKindName, type KindName, kinds } from './kinds.ts';

/** Where they are noted; another folder is for tests of this. */
const notes = process.env.DDL_TEST_SERVICES_FOLDER ?? join(import.meta.dirname, '../../.cache');
const file = join(notes, 'services.json');
const log = join(notes, 'services.log');

interface Running {
  readonly processId: number;
  readonly addresses: Readonly<Partial<Record<KindName, string>>>;
}

const [verb = '', ...words] = process.argv.slice(2);
const wrong = words.find((word) => !isKindName(word));
const names = words.length === 0 ? (Object.keys(kinds) as KindName[]) : words.filter(isKindName);
if (wrong !== undefined) fail(`there is no \`${wrong}\`; there is ${Object.keys(kinds).join(', ')}`);
else if (verb === 'start') await start();
else if (verb === 'check') await check();
else if (verb === 'stop') await stop();
else if (verb === 'serve') await serve();
else fail('say `npm run services start`, `check` or `stop`, and which of them when not all');

async function start(): Promise<void> {
  const already = running();
  if (already !== null) {
    print(already);
    note('they ran already; `npm run services stop` ends them');
    return;
  }
  mkdirSync(notes, { recursive: true });
  rmSync(file, { force: true });
  const output = openSync(log, 'w');
  const server = spawn(process.execPath, [import.meta.filename, 'serve', ...names], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  let ended = false;
  server.on('exit', () => {
    ended = true;
  });
  while (!ended && !existsSync(file)) await pause();
  const begun = running();
  if (begun === null) return fail(`they did not start: ${readFileSync(log, 'utf8')}`);
  server.unref();
  print(begun);
  note('they run until `npm run services stop`');
}

/** The process in the background: starts them, tells where they are, ends them when told to. */
async function serve(): Promise<void> {
  const starting = names.map(async (name) => [name, await kinds[name].start()] as const);
  const outcomes = await Promise.allSettled(starting);
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const end = async (): Promise<void> => {
    rmSync(file, { force: true });
    await Promise.all(started.map(([, { stop }]) => stop()));
  };
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    await end();
    throw failure.reason;
  }
  const addresses = Object.fromEntries(started.map(([name, { address }]) => [name, address]));
  const state: Running = { processId: process.pid, addresses };
  writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`);
  renameSync(`${file}.new`, file);
  const told = setInterval(() => {}, 1 << 30);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      clearInterval(told);
      void end();
    });
}

async function check(): Promise<void> {
  const known = running();
  for (const name of names) {
    const { variable, ask } = kinds[name];
    const address = process.env[variable] || known?.addresses[name];
    if (address === undefined) {
      fail(`${name}: not started, and ${variable} is not set`);
      continue;
    }
    const begin = performance.now();
    try {
      await ask(address);
      process.stdout.write(`${name}: ${address} answers, in ${Math.round(performance.now() - begin)} ms\n`);
    } catch (error) {
      fail(`${name}: ${address} does not answer: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function stop(): Promise<void> {
  const known = running();
  if (known === null) return note('none runs');
  process.kill(known.processId, 'SIGTERM');
  while (isAlive(known.processId)) await pause();
  note('stopped');
}

function running(): Running | null {
  if (!existsSync(file)) return null;
  const state = JSON.parse(readFileSync(file, 'utf8')) as Running;
  return isAlive(state.processId) ? state : null;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

function print({ addresses }: Running): void {
  for (const [name, address] of Object.entries(addresses))
    if (isKindName(name)) process.stdout.write(`export ${kinds[name].variable}='${address}'\n`);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function fail(text: string): void {
  note(text);
  process.exitCode = 1;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
