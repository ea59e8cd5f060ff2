// What `ddl/emitter` costs its service: `node test/bench/emitter.ts [rounds]`. The time of one `emit`, and the latency of an
// HTTP service that emits with every request while the engine answers, is stopped, is silent, or no broker is there, beside
// the same service without it, asked in turns with it. Every part is a process of its own; rounds are short and many.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmitter, type Emitter, type EmitterTarget } from '../../runtime/emitter/create-emitter.ts';

const variants = ['without', 'engine answers', 'engine stopped', 'engine silent', 'no broker'] as const;
type Variant = (typeof variants)[number];

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const requestEveryMs = 2;
/** Of each of the two services. */
const requestsPerRound = 600;
const warmingRequests = 200;
const emitsPerRequest = 3;
const metrics = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`metric_${n}`, n * 1.25]));

function quantiles(times: readonly number[] | Float64Array): Quantiles {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function targetOf(variant: Variant, engine: string): EmitterTarget {
  if (variant === 'no broker') return { kind: 'kafka', brokers: ['127.0.0.1:1'], topic: 'telemetry' };
  const host = variant === 'engine stopped' ? '127.0.0.1:1' : engine;
  return { kind: 'otlp-http', url: `http://${host}/v1/metrics` };
}

/** A process of `emitter.ts PART …`; resolves to the first line that it prints. */
async function start(...part: string[]): Promise<{ readonly child: ChildProcess; readonly line: string }> {
  const child = spawn(process.execPath, [import.meta.filename, ...part], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout?.setEncoding('utf8');
  let text = '';
  while (!text.includes('\n')) text += (await once(child.stdout ?? child, 'data'))[0];
  return { child, line: text.trim() };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function listen(handle: Parameters<typeof createServer>[1]): void {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${(server.address() as AddressInfo).port}`));
}

function runEngine(silent: boolean): void {
  listen((request, response) => {
    request.resume();
    if (!silent) request.on('end', () => response.end('{}'));
  });
}

function runService(variant: Variant, engine: string): void {
  const target = targetOf(variant, engine);
  const emitter: Emitter | null = variant === 'without' ? null : createEmitter({ service: 'shop', target });
  listen((request, response) => {
    for (let n = 0; n < emitsPerRequest; n++) emitter?.emit(metrics, { path: request.url, instance: 'a' });
    response.end(JSON.stringify({ ...metrics, counts: emitter?.counts() }));
  });
}

async function runEmit(variant: Variant, engine: string): Promise<void> {
  const emitter = createEmitter({ service: 'shop', target: targetOf(variant, engine) });
  const times = new Float64Array(500_000);
  for (let n = -100_000; n < times.length; n++) {
    const begun = process.hrtime.bigint();
    emitter.emit(metrics, { instance: 'a' });
    if (n >= 0) times[n] = Number(process.hrtime.bigint() - begun) / 1_000;
    // The background has its turns, as in a service.
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(JSON.stringify({ ...quantiles(times), counts: emitter.counts() }));
  await emitter.close(100);
}

/** Asks the hosts in turns; the times of each. */
async function load(hosts: readonly string[]): Promise<readonly Quantiles[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const times: number[][] = hosts.map(() => []);
  const asked: Promise<void>[] = [];
  const ask = async (host: string, into: number[]): Promise<void> => {
    const begun = performance.now();
    const port = Number(host.split(':')[1]);
    const [response] = await once(get({ host: '127.0.0.1', port, path: '/x', agent }), 'response');
    response.resume();
    await once(response, 'end');
    into.push(performance.now() - begun);
  };
  for (let n = 0; n < warmingRequests + requestsPerRound; n++) {
    for (const [at, host] of hosts.entries()) {
      asked.push(ask(host, n < warmingRequests ? [] : (times[at] ?? [])));
      await new Promise((resolve) => setTimeout(resolve, requestEveryMs));
    }
  }
  await Promise.all(asked);
  agent.destroy();
  return times.map(quantiles);
}

const shown = ({ p50, p99, p999, max }: Quantiles, unit: string): string =>
  `p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}  p99.9 ${p999.toFixed(2)}  max ${max.toFixed(2)} ${unit}`;

async function compare(rounds: number): Promise<void> {
  const answering = await start('engine', 'answers');
  const silent = await start('engine', 'silent');
  const engineOf = (variant: Variant): string => (variant === 'engine silent' ? silent.line : answering.line);
  for (const variant of variants.slice(1)) {
    const { child, line } = await start('emit', variant, engineOf(variant));
    const { counts, ...times } = JSON.parse(line);
    console.log(`emit, ${variant.padEnd(15)} ${shown(times, 'µs')}  (${counts.sent} sent, ${counts.dropped} dropped)`);
    await stop(child);
  }
  for (const variant of variants.slice(1)) {
    const without: Quantiles[] = [];
    const having: Quantiles[] = [];
    const services = [await start('service', 'without', ''), await start('service', variant, engineOf(variant))];
    for (let round = 0; round < rounds; round++) {
      const [one, other] = await load(services.map(({ line }) => line));
      if (one === undefined || other === undefined) throw new Error('two services were asked');
      without.push(one);
      having.push(other);
    }
    for (const { child } of services) await stop(child);
    // The calmest round is the one that others of this machine have disturbed least.
    const calmest = (all: readonly Quantiles[]): Quantiles =>
      all.reduce((best, next) => (next.p99 < best.p99 ? next : best));
    const more = having.map(({ p99 }, round) => p99 - (without[round]?.p99 ?? 0)).sort((one, other) => one - other);
    const difference = calmest(having).p99 - calmest(without).p99;
    console.log(`service, ${'without'.padEnd(15)} ${shown(calmest(without), 'ms')}`);
    console.log(
      `service, ${variant.padEnd(15)} ${shown(calmest(having), 'ms')}  p99 ${difference.toFixed(2)} ms more in the calmest round, ${(more[more.length >> 1] ?? 0).toFixed(2)} ms in the median of ${rounds}`,
    );
  }
  await Promise.all([stop(answering.child), stop(silent.child)]);
}

const [part = '10', variant = 'without', engine = ''] = process.argv.slice(2);
if (part === 'engine') runEngine(variant === 'silent');
else if (part === 'service') runService(variant as Variant, engine);
else if (part === 'emit') await runEmit(variant as Variant, engine);
else await compare(Number(part));
