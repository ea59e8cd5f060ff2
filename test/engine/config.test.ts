// The engine's configuration: defaults, overrides, what is said of a setting that can't be used, the published schema.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { configFields, configJsonSchema, readConfig } from '../../runtime/config.ts';
import { clientSettings, topicsOf } from '../../runtime/sources/kafka/kafka-config.ts';

test('without a file and without variables everything has a default', () => {
  expect(readConfig(undefined, {}, 'defaults')).toEqual({
    ledger: { folder: '.ddl', postgres: null, retentionDays: 90 },
    gates: { redis: null },
    sources: {
      host: { enabled: true },
      otlp: { enabled: true, host: '127.0.0.1', port: 4318 },
      kafka: {
        brokers: [],
        topics: null,
        group: 'ddl',
        clientId: 'ddl',
        encoding: 'auto',
        schema: null,
        startFrom: 'end',
        deadLetterTopic: 'ddl_dead_letters',
        rekey: null,
        ssl: false,
        sasl: null,
      },
    },
    evaluation: { budgetMs: 50 },
    notify: { webhook: null },
    actions: { webhook: { allow: null, secrets: [] } },
    bundle: { trustedKeys: [], requireSignature: false, watch: null },
    control: { enabled: true, host: '127.0.0.1', port: 4320, tokens: [] },
    traces: { otlp: null },
    log: { level: 'info' },
  });
});

test('every field has a variable that overrides the file, and its example can be used', () => {
  const file = { ledger: { folder: 'x' }, sources: { otlp: { port: 1 } } };
  const environment = Object.fromEntries(configFields.map(({ variable, example }) => [variable, example]));
  const config = readConfig(file, environment, 'ddl.config.json');
  for (const { path, example, read } of configFields) {
    const value = path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], config);
    expect(value, path.join('.')).toEqual(read(example));
  }
  expect(file).toEqual({ ledger: { folder: 'x' }, sources: { otlp: { port: 1 } } });
});

test.each([
  [{ sources: { otlp: { port: 'high' } } }, {}, /^f\.json: `sources\.otlp\.port`: .*for example 4318$/],
  [{ bundle: { trustedKeys: ['key'] } }, {}, /^f\.json: `bundle\.trustedKeys\.0`: this is no public key/],
  [{ control: { host: '0.0.0.0' } }, {}, /^f\.json: `control\.host`: must be this machine while there are no/],
  [{}, { DDL_CONTROL_TOKENS: 'secret' }, /^DDL_CONTROL_TOKENS: `control\.tokens`: /],
  [{ sources: { kafka: { brokers: ['kafka'] } } }, {}, /^f\.json: `sources\.kafka\.brokers\.0`: must be `host:port`/],
  [{}, { DDL_KAFKA_SASL: '{"username":"me"}' }, /`sources\.kafka\.sasl\.password`/],
  [
    { sources: { kafka: { topics: ['raw'], rekey: { from: 'raw', to: 'keyed' } } } },
    {},
    /^f\.json: `sources\.kafka\.topics`: must not name the topic that is to be given keys/,
  ],
  [
    { sources: { kafka: { topics: ['ddl_dead_letters'] } } },
    {},
    /`sources\.kafka\.deadLetterTopic`: must not be one of the topics that are read/,
  ],
  [{ sources: { oltp: {} } }, {}, /^f\.json: `sources`: .*oltp/],
  [[], {}, /^f\.json: the configuration/],
  [{ __proto__: null, log: { level: 'loud' } }, {}, /`log\.level`/],
  [{}, { DDL_OTLP_ENABLED: 'perhaps' }, /^DDL_OTLP_ENABLED: `sources\.otlp\.enabled`: .*for example true$/],
  [{}, { DDL_NOTIFY_WEBHOOK_URL: 'file:///etc/passwd' }, /^DDL_NOTIFY_WEBHOOK_URL: /],
  [
    { actions: { webhook: { allow: ['hooks.example', '10.0.0/8'] } } },
    {},
    /^f\.json: `actions\.webhook\.allow\.1`: must be a host name, .*; for example \["hooks\.example","10\.0\.0\.0\/8"\]$/,
  ],
  [
    {},
    { DDL_ACTIONS_WEBHOOK_SECRETS: 'a-secret-of-your-own,short' },
    /^DDL_ACTIONS_WEBHOOK_SECRETS: `actions\.webhook\.secrets\.1`: must have 16 characters or more/,
  ],
  [
    {},
    { DDL_NOTIFY_WEBHOOK_URL: 'https://me@hooks.example/' },
    /: must hold no user name and no password; .*`headers`/,
  ],
])('%j with %j', (file, environment, message) => {
  expect(() => readConfig(file, environment as unknown as Record<string, string>, 'f.json')).toThrow(message);
});

test('what Kafka’s settings come to: topics by default, files of certificates read', () => {
  const settings = (kafka: object) => readConfig({ sources: { kafka } }, {}, 'f.json').sources.kafka;
  expect(topicsOf(settings({}))).toEqual(['otlp_metrics']);
  expect(topicsOf(settings({ rekey: { from: 'raw', to: 'keyed' } }))).toEqual(['keyed']);
  expect(topicsOf(settings({ topics: ['a', 'b'] }))).toEqual(['a', 'b']);
  const read = (path: string): string => `text of ${path}`;
  expect(clientSettings(settings({ brokers: ['k:9093'], ssl: { ca: 'ca.pem' } }), read)).toEqual({
    brokers: ['k:9093'],
    clientId: 'ddl',
    ssl: { ca: 'text of ca.pem' },
    sasl: null,
  });
  expect(clientSettings(settings({ ssl: true }), read).ssl).toBe(true);
});

test('the password in an address is not repeated', () => {
  const file = { notify: { webhook: { url: 'https://me:hunter2@hooks.example/' } } };
  expect(() => readConfig(file, {}, 'f.json')).toThrow(
    /^(?!.*hunter2)f\.json: `notify\.webhook\.url`: must hold no user/s,
  );
});

test('the published JSON Schema is the one that is enforced', () => {
  const path = resolve(import.meta.dirname, '../../ddl.config.schema.json');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, configJsonSchema());
  expect(readFileSync(path, 'utf8')).toBe(configJsonSchema());
});
