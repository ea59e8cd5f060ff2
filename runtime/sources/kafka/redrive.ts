// Dead letters once more: what lies in the dead-letter topic goes back to where it came from, to the same partition and
// with the same key. Each letter is sent at least once; one that comes back again and again is left where it is.

import type { KafkaHeaderValue, KafkaMessage, KafkaPort, KafkaRecord } from '../../ports/kafka-port.ts';
import type { Timers } from '../../ports/timers.ts';
import { letterHeaders } from './dead-letters.ts';

export interface RedriveOptions {
  readonly port: KafkaPort;
  readonly deadLetterTopic: string;
  /** Remembers how far it has come, so that the next redrive goes on from there. */
  readonly group: string;
  readonly timers: Timers;
  /** Nothing new for so long ends it though not all was seen. */
  readonly quietMs?: number;
}

export interface RedriveReport {
  readonly sent: number;
  /** Letters whose value was too large for the dead-letter topic. */
  readonly withoutValue: number;
  /** Letters that had been sent back so often that once more would not help. */
  readonly givenUp: number;
}

/** How often one message was sent back. */
const redrivenHeader = 'ddl-redriven';
const redrivenMax = 3;
const quietMsDefault = 10_000;

/** How many letters lie there that no redrive has come to. Errors: `KafkaUnreachable`. */
export async function lettersWaiting({
  port,
  deadLetterTopic,
  group,
}: Omit<RedriveOptions, 'timers'>): Promise<number> {
  const commits = await port.committed(group, [deadLetterTopic]);
  return (await port.ranges(deadLetterTopic)).reduce((sum, { partition, low, high }) => {
    const begun = commits.find((each) => each.partition === partition)?.offset ?? 0;
    return sum + high - Math.min(high, Math.max(low, begun));
  }, 0);
}

/** The group of redrives, beside that of the engines. */
export function redriveGroup(group: string): string {
  return `${group}-redrive`;
}

/** Sends back what is in the topic now. Errors: `KafkaUnreachable`, `KafkaRefused`; what was sent until then stays sent. */
export async function redrive(options: RedriveOptions): Promise<RedriveReport> {
  const { port, deadLetterTopic, group, timers, quietMs = quietMsDefault } = options;
  const ends = new Map(
    (await port.ranges(deadLetterTopic)).map(({ partition, low, high }) => [partition, { low, high }]),
  );
  const commits = await port.committed(group, [deadLetterTopic]);
  const begins = new Map(commits.map(({ partition, offset }) => [partition, offset]));
  const positions = new Map(
    [...ends].map(([partition, { low }]) => [partition, Math.max(low, begins.get(partition) ?? 0)]),
  );
  const report = { sent: 0, withoutValue: 0, givenUp: 0 };
  const open = (): boolean => [...ends].some(([partition, { high }]) => (positions.get(partition) ?? 0) < high);
  if (!open()) return report;
  const producer = await port.producer();
  let finish: (error: unknown) => void = () => {};
  const ended = new Promise<unknown>((resolve) => {
    finish = resolve;
  });
  let cancel = timers.after(quietMs, () => finish(null));
  const member = await port.join(
    { group, topics: [deadLetterTopic], drainMs: 5_000 },
    {
      assigned: (partitions, joined) => {
        for (const each of partitions) joined.begin(each, positions.get(each.partition) ?? 0);
      },
      revoked: async () => {},
      batch: async (batch) => {
        cancel();
        cancel = timers.after(quietMs, () => finish(null));
        const { partition } = batch;
        const high = ends.get(partition)?.high ?? 0;
        const letters = batch.messages.filter(({ offset }) => Number(offset) < high);
        try {
          await sendBack(producer.send, letters, report);
        } catch (error) {
          finish(error);
          return Number(batch.messages[0]?.offset ?? 0);
        }
        positions.set(partition, Math.min(high, batch.end));
        if (!open()) finish(null);
        return batch.end;
      },
      trouble: () => {},
    },
  );
  try {
    const error = await ended;
    const done = [...positions].map(([partition, offset]) => ({
      topic: deadLetterTopic,
      partition,
      offset,
      metadata: '',
    }));
    await member.commit(done);
    if (error !== null) throw error;
    return report;
  } finally {
    cancel();
    await member.leave();
    await producer.close();
  }
}

async function sendBack(
  send: (topic: string, records: readonly KafkaRecord[]) => Promise<void>,
  letters: readonly KafkaMessage[],
  report: { sent: number; withoutValue: number; givenUp: number },
): Promise<void> {
  const byTopic = new Map<string, KafkaRecord[]>();
  for (const { key, value, headers = {} } of letters) {
    const topic = textOf(headers[letterHeaders.topic]);
    const times = Number(textOf(headers[redrivenHeader]) || 0);
    if (headers[letterHeaders.withoutValue] !== undefined) report.withoutValue++;
    else if (times >= redrivenMax) report.givenUp++;
    else if (topic !== '') {
      const known = byTopic.get(topic) ?? [];
      byTopic.set(topic, known);
      const partition = Number(textOf(headers[letterHeaders.partition]));
      const own = { ...ownHeaders(headers), [redrivenHeader]: String(times + 1) };
      const timestampMs = Number(textOf(headers[letterHeaders.timestamp]));
      known.push({ key, value, headers: own, partition, timestampMs });
    }
  }
  for (const [topic, records] of byTopic) {
    await send(topic, records);
    report.sent += records.length;
  }
}

/** What the message had before it became a dead letter. */
function ownHeaders(headers: NonNullable<KafkaMessage['headers']>): Record<string, KafkaHeaderValue> {
  const ours = new Set<string>([...Object.values(letterHeaders), redrivenHeader]);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, KafkaHeaderValue][] => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined || ours.has(name) ? [] : [[name, first]];
    }),
  );
}

function textOf(value: KafkaHeaderValue | KafkaHeaderValue[] | undefined): string {
  const first = Array.isArray(value) ? value[0] : value;
  if (first === undefined) return '';
  return typeof first === 'string' ? first : Buffer.from(first).toString('utf8');
}
