// A whole engine on real servers as benchmarks and campaigns run it: `ddlc run` in a process of its own, asked by its
// metrics; the program that it runs, and events that make some of its policies fire.

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../services/free-port.ts';
import { peerMetrics, peerServices } from './peers-workload.ts';

export const policies = 100;

/** 100 policies for every service, of two comparisons; four of 10,000 events make one of them fire. */
export function program({ changedBy = 0, above = 99.8 } = {}): string {
  const metrics = peerMetrics.map((name) => `  metric ${name}: number`).join('\n');
  const schema = `schema service {\n  key service_id\n${metrics}\n  every 1s   stale after 10s\n}\n`;
  // Of ten policies the threshold changes from one version to the next; no other changes its meaning.
  const threshold = (index: number): number => above - index / 1e6 - (index < 10 ? changedBy / 1e7 : 0);
  const one = (index: number): string => {
    const [a, b] = [peerMetrics[index % 12], peerMetrics[(index * 5 + 1 + Math.floor(index / 12)) % 12]];
    const second = a === b ? peerMetrics[(index + 7) % 12] : b;
    return `policy p${index} {
  title   "p${index}"
  owner   "bench"
  runbook "https://runbooks.example/bench"
  on service
  when ${a} > ${threshold(index)} and ${second} > ${threshold(index)}
  do notify(message: "p${index}")
  cooldown 5m
}
`;
  };
  return `${schema}\n${Array.from({ length: policies }, (_, index) => one(index)).join('\n')}`;
}

export function eventLine(index: number, timestamp: number, random: () => number): string {
  const metrics = peerMetrics.map((name) => `"${name}":${Math.round(random() * 1000) / 10}`).join();
  const service = peerServices[index % peerServices.length];
  return `{"id":"${index}","timestamp":${timestamp},"metrics":{${metrics}},"tags":{"service_id":"${service}"}}`;
}

export interface Surroundings {
  readonly broker: string;
  readonly redis: string;
  readonly postgres: string;
  readonly folder: string;
}

export class EngineUnderTest {
  /** Of the HTTP API. */
  readonly controlUrl: string;
  readonly #child: ChildProcess;
  readonly #url: string;
  #said = '';
  #printed = '';

  private constructor(child: ChildProcess, url: string, controlUrl: string) {
    this.controlUrl = controlUrl;
    this.#child = child;
    this.#url = url;
    child.stderr?.on('data', (data: Buffer) => {
      this.#said = `${this.#said}${data}`.slice(-4_000);
    });
    child.stdout?.on('data', (data: Buffer) => {
      this.#printed += data;
    });
  }

  static async start(
    at: Surroundings,
    topic: string,
    startFrom: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<EngineUnderTest> {
    const [otlp, control] = [await freePort(), await freePort()];
    const main = resolve(import.meta.dirname, '../../cli/main.ts');
    const env = {
      ...process.env,
      DDL_KAFKA_BROKERS: at.broker,
      DDL_KAFKA_TOPIC: topic,
      DDL_KAFKA_GROUP: `bench-${topic}-${otlp}`,
      DDL_KAFKA_START_FROM: startFrom,
      DDL_REDIS_URL: at.redis,
      DDL_POSTGRES_URL: at.postgres,
      DDL_OTLP_PORT: String(otlp),
      DDL_CONTROL_PORT: String(control),
      DDL_LOG_LEVEL: 'warn',
      NO_COLOR: '1',
      ...more,
    };
    const child = spawn(process.execPath, [main, 'run', at.folder, '--format', 'json'], { cwd: at.folder, env });
    const engine = new EngineUnderTest(child, `http://127.0.0.1:${otlp}`, `http://127.0.0.1:${control}`);
    for (let tries = 0; !engine.#said.includes('watching'); tries++) {
      if (tries > 600 || child.exitCode !== null) throw new Error(`the engine did not start: ${engine.#said}`);
      await pause(100);
    }
    return engine;
  }

  /** The decisions printed so far, a line of JSON each. */
  get printed(): readonly string[] {
    return this.#printed.split('\n').slice(0, -1);
  }

  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  /** Events per second, from the first reading with events to the one at which all had come. */
  async takeAll(messages: number): Promise<number> {
    let first: { readonly at: number; readonly events: number } | null = null;
    for (;;) {
      const events = (await this.metrics()).get('ddl_events') ?? 0;
      const at = performance.now();
      if (first === null && events > 0) first = { at, events };
      if (first !== null && events >= messages) return ((messages - first.events) / (at - first.at)) * 1000;
      await pause(50);
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
