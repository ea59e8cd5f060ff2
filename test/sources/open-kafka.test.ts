// Everything of Kafka from its settings, on a real broker: re-keyed, judged, dead letters sent back; and settings that do
// not fit are told before anything is read.

import { afterEach, describe, expect, test } from 'vitest';
import { Session } from '../../runtime/evaluate/session.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { clientSettings, type KafkaConfig, kafkaConfigSchema } from '../../runtime/sources/kafka/kafka-config.ts';
import { type OpenKafka, openKafka } from '../../runtime/sources/kafka/open-kafka.ts';
import { SourceError } from '../../runtime/sources/source-error.ts';
import { ownName, sharedKafka } from '../services/shared.ts';
import { compileEvaluator, decisionsOfFile, TestLedger } from '../support/kafka-reader.ts';
import { shopEvents, shopProgram } from '../support/shop-events.ts';
import { until } from '../support/until.ts';

const evaluator = compileEvaluator(shopProgram);
const opened: OpenKafka[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(config: KafkaConfig) {
  const ledger = new TestLedger();
  const troubles: string[] = [];
  const names = new Set<string>();
  let rows = 0;
  const kafka = await openKafka({
    port: await connectKafka(clientSettings(config, () => '')),
    config,
    program: () => ({ meta: evaluator.meta, bundleHash: 'bundle' }),
    clock: systemClock,
    timers: systemTimers,
    sessions: {
      open: (wrap) =>
        new Session(
          evaluator,
          wrap({ propose: (proposal) => ledger.record(proposal), rearm() {}, skip() {}, late() {}, deadLetter() {} }),
        ),
      hold() {},
      letGo() {},
      begin() {},
      end() {},
    },
    accepting: () => true,
    settled: async () => {},
    shelf: null,
    onRows: (_session, messages) => {
      rows += messages;
    },
    onTrouble: (message) => troubles.push(message),
    onFailure: (error) => troubles.push(String(error)),
    onLook: (_session, decoder) => {
      for (const name of decoder.unmatchedMetrics.keys()) names.add(name);
      for (const name of decoder.undeclared(0)) names.add(name);
    },
  });
  opened.push(kafka);
  return { kafka, ledger, troubles, names, rows: () => rows };
}

const settings = (more: object): KafkaConfig => kafkaConfigSchema.parse(more);

test('what comes without a key is given one and judged; a dead letter goes back', async () => {
  const brokers = (await sharedKafka()).split(',');
  const [from, to, dead, group] = [ownName('raw'), ownName('keyed'), ownName('dead'), ownName('group')];
  const port = await connectKafka({ brokers, clientId: 'test' });
  await port.ensureTopic(from, 1);
  const events = shopEvents(4, 60, 31);
  const expected = decisionsOfFile(
    evaluator,
    events.map(({ line }) => line),
  );
  const producer = await port.producer();
  const undeclared = events[0].line.replace('"metrics":{', '"metrics":{"surplus":1,');
  const poison = '{"timestamp": "never", "metrics": {}, "tags": {"service.name": "x"}}';
  await producer.send(
    from,
    [undeclared, ...events.slice(1).map(({ line }) => line), poison].map((value) => ({ key: null, value })),
  );
  await producer.close();
  const { kafka, ledger, troubles, names, rows } = await open(
    settings({ brokers, group, deadLetterTopic: dead, startFrom: 'beginning', rekey: { from, to, partitions: 3 } }),
  );
  await until(() => ledger.names.size >= expected.size && rows() === events.length + 1, 'all decisions');
  expect([...ledger.names].sort()).toEqual([...expected].sort());
  await until(() => kafka.metrics().deadLetters === 1, 'the dead letter');
  expect(await kafka.redrive()).toEqual({ sent: 1, withoutValue: 0, givenUp: 0 });
  await until(() => kafka.metrics().deadLetters === 2, 'the dead letter again');
  expect(kafka.metrics().partitions).toHaveLength(3);
  await until(() => names.has('surplus'), 'the name that nobody declares');
  expect(troubles).toEqual([]);
  await port.close();
});

describe('settings that do not fit', () => {
  test.each([
    [
      { schema: 'shops' },
      '`sources.kafka.schema` names the schema `shops`, which is not declared; declared are `shop`',
    ],
    [{ topics: ['nowhere'], deadLetterTopic: null }, 'has no topic nowhere'],
    [
      { rekey: { from: 'a', to: 'b', schema: 'x' } },
      '`sources.kafka.rekey.schema` names the schema `x`, which is not declared; declared are `shop`',
    ],
  ])('%j', async (more, message) => {
    const brokers = (await sharedKafka()).split(',');
    const opening = open(settings({ brokers, ...more }));
    await expect(opening).rejects.toThrow(SourceError);
    await expect(opening).rejects.toThrow(message);
  });
});
