// Three engines and more on real servers, through a made-up shop's incidents, while they are killed and added: what
// happened, read back from the log, the ledger and the provider, for the promises to be held against.

import { rmSync } from 'node:fs';
import { Client } from 'pg';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { type KafkaProducer, type KafkaRecord, KafkaRefused } from '../../runtime/ports/kafka-port.ts';
import { projectFolder } from '../engine/engine-process.ts';
import { Chance } from '../fuzz/chance.ts';
import { Crowd, type Happening } from './crowd.ts';
import { compileText, expectedDecisions } from './expected-decisions.ts';
import { startFleetProvider } from './fleet-provider.ts';
import { type History, terminalStates, untold } from './history.ts';
import { fleetName, type ShopEvent, type ShopOptions, shopEvents, shopProgram } from './incident-log.ts';
import { readTopic } from './read-topic.ts';

export interface CampaignOptions {
  readonly shop: Omit<ShopOptions, 'beginMs'>;
  /** Event time that passes in one second of the run. */
  readonly pace: number;
  readonly engines: number;
  readonly enginesMost: number;
  /** Between two disturbances, on average. */
  readonly disturbEveryMs: number;
  readonly freezeMs: number;
  /** Of the provider's calls. */
  readonly badness: number;
  /** After the last event, until everything has ended. */
  readonly settleMs: number;
  readonly servers: {
    readonly kafka: string;
    /** As `DDL_REDIS_URL` takes it. */
    readonly redis: string;
    /** A database of its own. */
    readonly postgres: string;
  };
  readonly topic: string;
  /** What befalls the servers while events come. */
  readonly weather?: () => Promise<void>;
  readonly note: (text: string) => void;
}

export interface CampaignResult {
  readonly history: History;
  /** What the log holds is what was made; engines ended only when told to. */
  readonly faults: readonly string[];
  readonly events: number;
  readonly happened: Readonly<Record<Happening, number>>;
  readonly lastWords: string;
}

const budget = { share: 0.2, perMs: 300_000 };

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { shop, badness, engines, enginesMost, freezeMs, topic, servers, note } = options;
  const log: ShopOptions = { ...shop, beginMs: Date.now() - shop.lengthMs };
  const events = [...shopEvents(log)];
  const partitions: string[][] = Array.from({ length: shop.partitions }, () => []);
  for (const { partition, json } of events) partitions[partition].push(json);
  const fleets = Array.from({ length: shop.fleets }, (_, index) => fleetName(index));
  const provider = await startFleetProvider({ seed: shop.seed, fleets, badness });
  const program = shopProgram(log, provider.url);
  const folder = projectFolder({ 'shop.ddl': program, 'ddl.config.json': configuration(topic) });
  const expected = expectedDecisions(compileText('shop.ddl', program), partitions);
  note(`${events.length} events, ${expected.decisions.size} decisions expected, ${expected.late} events come too late`);
  const kafka = await connectKafka({ brokers: servers.kafka.split(','), clientId: 'campaign' });
  const chance = new Chance(shop.seed);
  const environment = {
    DDL_KAFKA_BROKERS: servers.kafka,
    DDL_REDIS_URL: servers.redis,
    DDL_POSTGRES_URL: servers.postgres,
    DDL_NOTIFY_WEBHOOK_URL: `${provider.url}/notify`,
    DDL_ACTIONS_WEBHOOK_ALLOW: new URL(provider.url).host,
  };
  const crowd = new Crowd({ chance, folder, environment, most: enginesMost, freezeMs, note });
  try {
    await kafka.ensureTopic(topic, shop.partitions);
    crowd.start(engines);
    await crowd.ready();
    const disturbing = disturb(crowd, chance, options);
    await Promise.all([produce(options, log, events, kafka), options.weather?.()]);
    await disturbing.stop();
    note('the last event is sent');
    const observe = async (): Promise<History> => ({
      expected: expected.decisions,
      ...(await readLedger(servers.postgres)),
      calls: provider.calls,
      told: new Set(provider.told.map(({ idempotencyKey }) => idempotencyKey)),
      initial: provider.initial,
      budget,
    });
    await settle(options, observe);
    const unasked = await crowd.end();
    const read = await readTopic(servers.kafka, topic);
    const faults = [...unasked];
    for (const [partition, lines] of partitions.entries())
      if (!sameLines(read[partition] ?? [], lines)) faults.push(`partition ${partition} does not hold what was sent`);
    const history = await observe();
    return { history, faults, events: events.length, happened: crowd.happened, lastWords: crowd.lastWords(3_000) };
  } finally {
    await crowd.end();
    await kafka.close();
    await provider.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What an operator writes into the file; what differs from place to place comes by variables. */
function configuration(topic: string): string {
  const kafka = { topics: [topic], group: topic, startFrom: 'beginning' };
  const sources = { host: { enabled: false }, otlp: { enabled: false }, kafka };
  return JSON.stringify({ sources, control: { enabled: false } });
}

/** At the log's own pace, in the order of each partition. */
async function produce(
  { pace, topic }: CampaignOptions,
  { beginMs, partitions }: ShopOptions,
  events: readonly ShopEvent[],
  kafka: Awaited<ReturnType<typeof connectKafka>>,
): Promise<void> {
  const producer = await kafka.producer();
  const begin = Date.now();
  for (let at = 0; at < events.length; ) {
    const reached = beginMs + (Date.now() - begin) * pace;
    let end = at;
    while (end < events.length && events[end].sentAt <= reached) end++;
    const due = events.slice(at, end).map(({ partition, key, json }) => ({ partition, key, value: json }));
    for (let partition = 0; due.length > 0 && partition < partitions; partition++) {
      const records = due.filter((record) => record.partition === partition);
      if (records.length > 0) await sendUntilTaken(producer, topic, records);
    }
    at = end;
    await pause(100);
  }
  await producer.close();
}

/** A broker that is away for longer than the client tries is waited for. */
async function sendUntilTaken(producer: KafkaProducer, topic: string, records: readonly KafkaRecord[]): Promise<void> {
  for (;;) {
    try {
      return await producer.send(topic, records);
    } catch (error) {
      if (!(error instanceof KafkaRefused)) throw error;
      await pause(500);
    }
  }
}

function disturb(
  crowd: Crowd,
  chance: Chance,
  { disturbEveryMs }: CampaignOptions,
): { readonly stop: () => Promise<void> } {
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      const until = Date.now() + disturbEveryMs / 2 + chance.below(disturbEveryMs);
      while (!stopped && Date.now() < until) await pause(50);
      if (!stopped) crowd.disturb();
    }
  })();
  return {
    stop() {
      stopped = true;
      return running;
    },
  };
}

/** Until all is decided, ended and told; what is not by then is for the history to tell. */
async function settle({ settleMs, note }: CampaignOptions, observe: () => Promise<History>): Promise<void> {
  const begin = Date.now();
  while (Date.now() - begin < settleMs) {
    const history = await observe();
    const known = new Set(history.decisions.map(({ id }) => id));
    const missing = [...history.expected.keys()].filter((id) => !known.has(id)).length;
    const open = history.intents.filter(({ state }) => !terminalStates.includes(state)).length;
    const silent = untold(history).length;
    if (missing === 0 && open === 0 && silent === 0) return;
    note(`${missing} decisions are missing, ${open} intents open, ${silent} things untold`);
    await pause(1_000);
  }
}

export async function readLedger(postgres: string): Promise<Pick<History, 'decisions' | 'intents'>> {
  const client = new Client({ connectionString: postgres });
  await client.connect();
  try {
    const there = await client.query("select 1 from pg_class where relname = 'action_intent'");
    if (there.rows.length === 0) return { decisions: [], intents: [] };
    const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;
    const decisions = await client.query(
      `select id, policy, key, ${ms('event_time')} as at, outcome, gate, actions from decision_audit`,
    );
    const intents = await client.query(
      `select decision_id as "decisionId", ordinal, action, target, state, ${ms('updated_at')} as "changedAt" from action_intent`,
    );
    return { decisions: decisions.rows, intents: intents.rows };
  } finally {
    await client.end();
  }
}

function sameLines(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, index) => line === right[index]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
