// What an engine may be told: one file, every field overridable by an environment variable, sensible without either.

import { z } from 'zod';
import { parseAllowEntry } from './actions/host-guard.ts';
import { KeyError, readPublicKey } from './bundle/signature.ts';
import { isLoopback } from './control/loopback.ts';
import { roles } from './control/tokens.ts';
import { kafkaConfigSchema } from './sources/kafka/kafka-config.ts';

const port = z.int().min(0).max(65_535);
const address = z.string().min(1);
const url = (protocol: RegExp) => z.url({ protocol });

export const configSchema = z.strictObject({
  /** For editors; not read. */
  $schema: z.string().optional(),
  ledger: z
    .strictObject({
      /** Folder of the embedded ledger; with a server, of what this engine keeps for itself. */
      folder: z.string().min(1).default('.ddl'),
      /** A PostgreSQL server's `postgres://…`: the ledger lies there, shared by all engines. */
      postgres: z
        .strictObject({ url: url(/^postgres(ql)?$/) })
        .nullable()
        .default(null),
      /** Days for which decisions and what belongs to them are kept. */
      retentionDays: z.int().min(1).max(36_500).default(90),
    })
    .prefault({}),
  gates: z
    .strictObject({
      /** Redis, where engines share their gates; several addresses are the nodes of a cluster. */
      redis: z
        .strictObject({ url: z.union([url(/^rediss?$/), z.array(url(/^rediss?$/)).min(1)]) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  sources: z
    .strictObject({
      /** This machine's own telemetry. */
      host: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
      /** The OTLP/HTTP receiver. */
      otlp: z
        .strictObject({
          enabled: z.boolean().default(true),
          host: address.default('127.0.0.1'),
          port: port.default(4318),
        })
        .prefault({}),
      /** Topics of Kafka. */
      kafka: kafkaConfigSchema.prefault({}),
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      /** Milliseconds from an event's receipt to its proposal; what takes longer is recorded and acts on nothing. */
      budgetMs: z.int().min(1).max(60_000).default(50),
    })
    .prefault({}),
  notify: z
    .strictObject({
      webhook: z
        .strictObject({
          /** Without user and password: an address is shown in logs and messages, `headers` never are. */
          url: z.url({ protocol: /^https?$/ }).refine(holdsNoCredentials, {
            error: 'must hold no user name and no password; send them in `headers`, such as `authorization`',
          }),
          headers: z.record(z.string(), z.string()).default({}),
        })
        .nullable()
        .default(null),
    })
    .prefault({}),
  actions: z
    .strictObject({
      /** How `webhook`, a team's own actions and fleets with a webhook are carried out. */
      webhook: z
        .strictObject({
          /**
           * Host names, `host:port`, IP addresses and CIDR ranges that may be called; what is not listed is not. Without
           * it every public address may. Only hosts that the program names are called either way.
           */
          allow: z
            .array(
              z.string().refine((entry) => parseAllowEntry(entry) !== null, {
                error: 'must be a host name, `host:port`, an IP address or a CIDR range such as `10.0.0.0/8`',
              }),
            )
            .nullable()
            .default(null),
          /** Each request is signed with the first; list the old one behind the new one while receivers change. */
          secrets: z.array(z.string().min(16, { error: 'must have 16 characters or more' })).default([]),
        })
        .prefault({}),
    })
    .prefault({}),
  bundle: z
    .strictObject({
      /** Public keys, PEM or base64, of which one must have signed a bundle. Without any, none comes over the network. */
      trustedKeys: z.array(z.string().check(refuseNoKey)).default([]),
      /** Bundles in folders must be signed too, even while no key is trusted. */
      requireSignature: z.boolean().default(false),
      /** A bundle that is put into this folder is deployed. */
      watch: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
  /** The HTTP API. */
  control: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: address.default('127.0.0.1'),
      port: port.default(4320),
      /** Who may do what; `ddlc key token` makes an entry. Without any, this machine alone may ask. */
      tokens: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(64),
            roles: z.array(z.enum(roles)).min(1),
            sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a token, as `ddlc key token` prints it'),
          }),
        )
        .default([]),
    })
    .refine(({ enabled, host, tokens }) => !enabled || tokens.length > 0 || isLoopback(host), {
      path: ['host'],
      error: 'must be this machine while there are no `control.tokens`: anybody could pause the engine',
    })
    .prefault({}),
  /** One trace per decision, to an OTLP/HTTP receiver. */
  traces: z
    .strictObject({
      otlp: z
        .strictObject({ url: url(/^https?$/), headers: z.record(z.string(), z.string()).default({}) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

function refuseNoKey({ value, issues }: z.core.ParsePayload<string>): void {
  try {
    readPublicKey(value);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    issues.push({ code: 'custom', message: error.message, input: undefined });
  }
}

function holdsNoCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

export type Config = z.infer<typeof configSchema>;

/** The same as JSON Schema, for editors: `ddl.config.schema.json` of the package. */
export function configJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`;
}

/** A setting that can't be used: the field, what is wrong with it, an example. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Field {
  readonly variable: string;
  readonly path: readonly [string, ...string[]];
  readonly example: string;
  read(text: string): unknown;
}

const text = (value: string): string => value;
const number = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value);
const list = (value: string): unknown => value.split(',').map((entry) => entry.trim());
const json = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};
const oneOrList = (value: string): unknown => (value.includes(',') ? list(value) : value);
const boolean = (value: string): unknown => (value === 'true' ? true : value === 'false' ? false : value);

/** Every field of the file with the variable that overrides it. */
export const configFields: readonly Field[] = [
  { variable: 'DDL_LEDGER_FOLDER', path: ['ledger', 'folder'], example: '.ddl', read: text },
  {
    variable: 'DDL_POSTGRES_URL',
    path: ['ledger', 'postgres', 'url'],
    example: 'postgres://ddl:secret@db.example:5432/ddl',
    read: text,
  },
  { variable: 'DDL_LEDGER_RETENTION_DAYS', path: ['ledger', 'retentionDays'], example: '90', read: number },
  {
    variable: 'DDL_REDIS_URL',
    path: ['gates', 'redis', 'url'],
    example: 'redis://redis.example:6379',
    read: oneOrList,
  },
  {
    variable: 'DDL_TRACES_OTLP_URL',
    path: ['traces', 'otlp', 'url'],
    example: 'http://127.0.0.1:4319/v1/traces',
    read: text,
  },
  { variable: 'DDL_EVALUATION_BUDGET_MS', path: ['evaluation', 'budgetMs'], example: '50', read: number },
  { variable: 'DDL_HOST_ENABLED', path: ['sources', 'host', 'enabled'], example: 'true', read: boolean },
  { variable: 'DDL_OTLP_ENABLED', path: ['sources', 'otlp', 'enabled'], example: 'true', read: boolean },
  { variable: 'DDL_OTLP_HOST', path: ['sources', 'otlp', 'host'], example: '127.0.0.1', read: text },
  { variable: 'DDL_OTLP_PORT', path: ['sources', 'otlp', 'port'], example: '4318', read: number },
  {
    variable: 'DDL_KAFKA_BROKERS',
    path: ['sources', 'kafka', 'brokers'],
    example: 'kafka-1:9092,kafka-2:9092',
    read: list,
  },
  { variable: 'DDL_KAFKA_TOPIC', path: ['sources', 'kafka', 'topics'], example: 'otlp_metrics_by_service', read: list },
  { variable: 'DDL_KAFKA_GROUP', path: ['sources', 'kafka', 'group'], example: 'ddl', read: text },
  { variable: 'DDL_KAFKA_CLIENT_ID', path: ['sources', 'kafka', 'clientId'], example: 'ddl', read: text },
  { variable: 'DDL_KAFKA_ENCODING', path: ['sources', 'kafka', 'encoding'], example: 'auto', read: text },
  { variable: 'DDL_KAFKA_SCHEMA', path: ['sources', 'kafka', 'schema'], example: 'service', read: text },
  { variable: 'DDL_KAFKA_START_FROM', path: ['sources', 'kafka', 'startFrom'], example: 'end', read: text },
  {
    variable: 'DDL_KAFKA_DEAD_LETTER_TOPIC',
    path: ['sources', 'kafka', 'deadLetterTopic'],
    example: 'ddl_dead_letters',
    read: text,
  },
  {
    variable: 'DDL_KAFKA_REKEY',
    path: ['sources', 'kafka', 'rekey'],
    example: '{"from":"otlp_metrics","to":"otlp_metrics_by_service","partitions":12,"schema":"service"}',
    read: json,
  },
  { variable: 'DDL_KAFKA_SSL', path: ['sources', 'kafka', 'ssl'], example: 'true', read: json },
  {
    variable: 'DDL_KAFKA_SASL',
    path: ['sources', 'kafka', 'sasl'],
    example: '{"mechanism":"scram-sha-512","username":"ddl","password":"of-your-own"}',
    read: json,
  },
  {
    variable: 'DDL_NOTIFY_WEBHOOK_URL',
    path: ['notify', 'webhook', 'url'],
    example: 'https://hooks.example/ddl',
    read: text,
  },
  {
    variable: 'DDL_ACTIONS_WEBHOOK_ALLOW',
    path: ['actions', 'webhook', 'allow'],
    example: 'hooks.example,10.0.0.0/8',
    read: list,
  },
  {
    variable: 'DDL_ACTIONS_WEBHOOK_SECRETS',
    path: ['actions', 'webhook', 'secrets'],
    example: 'a-secret-of-your-own',
    read: list,
  },
  {
    variable: 'DDL_BUNDLE_TRUSTED_KEYS',
    path: ['bundle', 'trustedKeys'],
    example: 'MCowBQYDK2VwAyEA6hzbWqYrzIdIZuhjfsowfULdSxeHUpY1W0BZmV3SUlg=',
    read: list,
  },
  { variable: 'DDL_BUNDLE_REQUIRE_SIGNATURE', path: ['bundle', 'requireSignature'], example: 'true', read: boolean },
  { variable: 'DDL_BUNDLE_WATCH', path: ['bundle', 'watch'], example: '/etc/ddl/bundle', read: text },
  { variable: 'DDL_CONTROL_ENABLED', path: ['control', 'enabled'], example: 'true', read: boolean },
  { variable: 'DDL_CONTROL_HOST', path: ['control', 'host'], example: '127.0.0.1', read: text },
  { variable: 'DDL_CONTROL_PORT', path: ['control', 'port'], example: '4320', read: number },
  {
    variable: 'DDL_CONTROL_TOKENS',
    path: ['control', 'tokens'],
    example: `[{"name":"ci","roles":["deployer"],"sha256":"${'0'.repeat(64)}"}]`,
    read: json,
  },
  { variable: 'DDL_LOG_LEVEL', path: ['log', 'level'], example: 'info', read: text },
];

/**
 * The configuration from a parsed file (`undefined` without one) and the environment.
 * @throws ConfigError naming every field that can't be used.
 */
export function readConfig(
  file: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  where: string,
): Config {
  const input: unknown = file === undefined || file === null ? {} : structuredClone(file);
  const overridden = new Map<string, string>();
  for (const { variable, path, read } of configFields) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) place(input, path, read(value));
    overridden.set(path.join('.'), variable);
  }
  const parsed = configSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    // What is wrong in a list is named by its place in it.
    const field = configFields.find((candidate) => `${path}.`.startsWith(`${candidate.path.join('.')}.`));
    const source = overridden.get(field?.path.join('.') ?? path) ?? where;
    const example = field === undefined ? '' : `; for example ${JSON.stringify(field.read(field.example))}`;
    return `${source}: ${path === '' ? 'the configuration' : `\`${path}\``}: ${lowerFirst(issue.message)}${example}`;
  });
  throw new ConfigError(problems.join('\n'));
}

function place(target: object, [name, ...rest]: readonly [string, ...string[]], value: unknown): void {
  const [next, ...others] = rest;
  if (next === undefined) {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const child: unknown = Object.getOwnPropertyDescriptor(target, name)?.value;
  const inner: object = typeof child === 'object' && child !== null ? child : {};
  Object.defineProperty(target, name, { value: inner, enumerable: true, configurable: true, writable: true });
  place(inner, [next, ...others], value);
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
