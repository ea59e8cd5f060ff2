// Bundles deployed one after the other while 20,000 events a second come from Kafka: no event is lost or judged twice, the
// policies that did not change decide as if nothing had been swapped, and how long events waited.
// Run: node test/campaign/reload-under-load.ts [--rate 20000] [--seconds 20] [--reloads 20]

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packBundle, readBundleFolder } from '../../runtime/bundle/bundle-files.ts';
import { packageType } from '../../runtime/control/openapi.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { EngineUnderTest, eventLine, program } from '../bench/engine-process.ts';
import { peerServices, sequence } from '../bench/peers-workload.ts';
import { startKafka, startPostgres, startRedis } from '../services/services.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '20' },
    reloads: { type: 'string', default: '20' },
    broker: { type: 'string', default: '' },
    events: { type: 'string', default: '' },
  },
});
const rate = Number(options.rate);
const seconds = Number(options.seconds);
const reloads = Number(options.reloads);
const topic = 'reload';
const main = resolve(import.meta.dirname, '../../cli/main.ts');

function ddlc(folder: string, ...words: string[]): string {
  const ran = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (ran.status !== 0) throw new Error(`ddlc ${words.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}

/** Role: sends the recorded events at the rate. */
async function feed(): Promise<void> {
  const lines = readFileSync(options.events, 'utf8').trimEnd().split('\n');
  const port = await connectKafka({ brokers: [options.broker], clientId: 'feed' });
  const producer = await port.producer();
  const perStep = rate / 100;
  const begun = performance.now();
  for (let from = 0, step = 1; from < lines.length; from += perStep, step++) {
    const records = lines.slice(from, from + perStep).map((value, offset) => ({
      key: peerServices[(from + offset) % peerServices.length] ?? '',
      value,
    }));
    // One after the other: what is sent later must not come before.
    await producer.send(topic, records);
    const aheadMs = begun + step * 10 - performance.now();
    if (aheadMs > 0) await pause(aheadMs);
  }
  await producer.close();
  await port.close();
}

async function deploy(url: string, folder: string): Promise<void> {
  const bytes = packBundle(await readBundleFolder(folder));
  const answer = await fetch(`${url}/api/policies?why=campaign&downgrade=false`, {
    method: 'POST',
    headers: { 'content-type': packageType },
    body: new Uint8Array(bytes),
  });
  if (!answer.ok) throw new Error(`${folder} was not deployed: ${await answer.text()}`);
}

/** What the policies that never change decided: when, for which key. */
function unchanged(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => JSON.parse(line) as { readonly policy: string; readonly key: string; readonly at: string })
    .filter(({ policy }) => Number(policy.slice(1)) >= 10)
    .map(({ policy, key, at }) => `${policy} ${key} ${at}`)
    .sort();
}

function prepare(folder: string): void {
  mkdirSync(join(folder, 'p'));
  ddlc(folder, 'key', 'new', 'release');
  for (let version = 1; version <= reloads; version++) {
    writeFileSync(join(folder, 'p', 'bench.ddl'), program({ changedBy: version }));
    ddlc(folder, 'compile', 'p', '--out', `b${version}`, '--key', 'release', '--serial', String(version));
  }
  writeFileSync(join(folder, 'p', 'bench.ddl'), program());
  const random = sequence(13);
  const start = Date.now();
  const lines = Array.from({ length: rate * seconds }, (_, index) =>
    eventLine(index, start + Math.floor((index * 1000) / rate), random),
  );
  writeFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
}

async function campaign(folder: string): Promise<boolean> {
  prepare(folder);
  const [kafka, redis, postgres] = [await startKafka(), await startRedis(), await startPostgres()];
  try {
    const port = await connectKafka({ brokers: [kafka.address], clientId: 'make' });
    await port.ensureTopic(topic, 12);
    await port.close();
    const at = { broker: kafka.address, redis: redis.url, postgres: postgres.url, folder: join(folder, 'p') };
    const engine = await EngineUnderTest.start(at, topic, 'beginning', {
      DDL_BUNDLE_TRUSTED_KEYS: readFileSync(join(folder, 'release.pub'), 'utf8').trim(),
    });
    const own = ['feed', '--broker', kafka.address, '--events', join(folder, 'events.jsonl'), '--rate', String(rate)];
    const fed = new Promise((done) =>
      spawn(process.execPath, [fileURLToPath(import.meta.url), ...own], { stdio: 'inherit' }).once('exit', done),
    );
    for (let version = 1; version <= reloads; version++) {
      await pause((seconds * 1000) / (reloads + 1));
      await deploy(engine.controlUrl, join(folder, `b${version}`));
    }
    await fed;
    const all = rate * seconds;
    let metrics = await engine.metrics();
    for (let tries = 0; (metrics.get('ddl_events') ?? 0) < all && tries < 600; tries++) {
      await pause(100);
      metrics = await engine.metrics();
    }
    // What waits for its time to be closed, and what waits for the ledger.
    await pause(2_000);
    await engine.stop();
    const expected = unchanged(ddlc(folder, 'backtest', 'p', '--events', 'events.jsonl').trimEnd().split('\n'));
    const decided = unchanged(engine.printed);
    const taken = metrics.get('ddl_events') ?? 0;
    const applied = metrics.get('ddl_bundle_reloads_total{result="applied"}') ?? 0;
    const within = metrics.get('ddl_reload_pause_seconds_bucket{le="0.01"}') ?? 0;
    const sum = metrics.get('ddl_reload_pause_seconds_sum') ?? 0;
    const same = JSON.stringify(expected) === JSON.stringify(decided);
    process.stdout.write(
      `${taken} of ${all} events taken; ${applied} of ${reloads} bundles applied, ${within} of them held events up for less than 10 ms, ${((sum * 1000) / applied).toFixed(1)} ms on average; ${decided.length} decisions of unchanged policies, ${expected.length} expected, ${same ? 'the same' : 'NOT the same'}\n`,
    );
    return same && taken === all && applied === reloads && expected.length > 0;
  } finally {
    await kafka.stop();
    await redis.stop();
    await postgres.stop();
  }
}

if (positionals[0] === 'feed') await feed();
else {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-reload-'));
  try {
    process.exitCode = (await campaign(folder)) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
