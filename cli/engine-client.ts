// Talks to an engine's HTTP API. Answers are read by the forms that the engine's document is made of; what the engine
// refuses is told in its own words.

import { env } from 'node:process';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { packageBytesMax } from '../runtime/bundle/bundle-files.ts';
import { isLoopback } from '../runtime/control/loopback.ts';
import { packageType } from '../runtime/control/openapi.ts';
import { problemSchema } from '../runtime/control/schemas.ts';
import { type FetchAnswer, FetchFailed, systemFetch } from '../runtime/ports/fetch.ts';
import { printable } from './render/printable.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Where an engine's API listens unless it was told otherwise. */
const engineDefault = 'http://127.0.0.1:4320';

/** A bundle is verified and tried out before a deployment is answered. */
const answerMsMax = 90_000;
const answerBytesMax = 64 * 1024 * 1024;

export interface EngineOptions {
  readonly engine: string;
  readonly format: 'text' | 'json';
}

/** The options that every command has that talks to an engine. */
export function engineOptions(command: Command): Command {
  return command
    .option('--engine <url>', 'address of the engine’s API; the token comes from DDL_TOKEN', engineDefault)
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'));
}

/** The engine understood and does not do it. */
class EngineRefused extends Error {
  readonly problem: z.infer<typeof problemSchema>;

  constructor(problem: z.infer<typeof problemSchema>) {
    super(problem.detail);
    this.problem = problem;
  }
}

export interface EngineAsk<Reply extends z.ZodType> {
  readonly path: `/api/${string}`;
  readonly query?: Readonly<Record<string, string>>;
  /** A package when it is bytes. `null`: a GET. */
  readonly body: object | Uint8Array | null;
  readonly reply: Reply;
}

export class EngineClient {
  readonly #base: string;

  /** @throws UsageError when it is no address. */
  constructor(engine: string, terminal: Terminal) {
    if (!URL.canParse(engine) || !/^https?:$/.test(new URL(engine).protocol))
      throw new UsageError(`${engine} is no address of an engine; give one such as ${engineDefault}`);
    this.#base = engine;
    const { protocol, hostname } = new URL(engine);
    if (token() !== null && protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, '')))
      terminal.note('warning: the token goes over the network unencrypted: use an https address\n');
  }

  /** @throws UsageError when no engine answers or the token does not do; what the engine refuses ends `talk`. */
  async ask<Reply extends z.ZodType>({ path, query, body, reply }: EngineAsk<Reply>): Promise<z.output<Reply>> {
    const answer = await this.#send(path, query ?? {}, body);
    const parsed = reply.safeParse(json(answer.body));
    if (!parsed.success) throw this.#strange(`its answer to ${path} can't be read; is it of this version?`);
    return parsed.data;
  }

  /** The package of the bundle that runs. */
  async runningPackage(): Promise<Buffer> {
    return Buffer.from((await this.#send('/api/bundles/current', {}, null, 'latin1')).body, 'latin1');
  }

  async #send(
    path: string,
    query: Readonly<Record<string, string>>,
    body: object | Uint8Array | null,
    encoding?: 'latin1',
  ): Promise<FetchAnswer> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const isPackage = body instanceof Uint8Array;
    if (isPackage && body.byteLength > packageBytesMax)
      throw new UsageError(`the bundle is larger than ${packageBytesMax / 1024 / 1024} MiB: split the program`);
    const given = token();
    let answer: FetchAnswer;
    try {
      answer = await systemFetch({
        method: body === null ? 'GET' : 'POST',
        url: url.href,
        headers: {
          ...(body === null ? {} : { 'content-type': isPackage ? packageType : 'application/json' }),
          ...(given === null ? {} : { authorization: `Bearer ${given}` }),
        },
        body: isPackage || body === null ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(answerMsMax),
        answerBytesMax,
        ...(encoding === undefined ? {} : { encoding }),
      });
    } catch (error) {
      if (error instanceof FetchFailed) throw this.#strange(`${error.message}; is it running?`, error);
      if (error instanceof DOMException)
        throw this.#strange(`it does not answer within ${answerMsMax / 1000} s`, error);
      throw error;
    }
    if (answer.status === 200 && !answer.cut) return answer;
    throw this.#refusal(answer);
  }

  #refusal({ status, body }: FetchAnswer): Error {
    const parsed = problemSchema.safeParse(json(body));
    if (!parsed.success) return this.#strange(`it answers ${status}; is it an engine of ddl, and this its API?`);
    const { detail, fault } = parsed.data;
    // A wrong token or a wrong question is the asker's; 404 without a fault is another version's.
    if ([400, 401, 403, 413, 415].includes(status) || (status === 404 && fault === undefined))
      return this.#strange(detail);
    return new EngineRefused(parsed.data);
  }

  #strange(what: string, cause?: unknown): UsageError {
    return new UsageError(`the engine at ${this.#base}: ${what}`, { cause });
  }
}

/** Runs a conversation; what the engine refuses is told and gives exit code 1. */
export async function talk(
  terminal: Terminal,
  { engine, format }: EngineOptions,
  conversation: (client: EngineClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await conversation(new EngineClient(engine, terminal));
  } catch (error) {
    if (!(error instanceof EngineRefused)) throw error;
    if (format === 'json') terminal.out(`${JSON.stringify(error.problem, null, 2)}\n`);
    terminal.note(`refused: ${printable(error.message)}\n`);
    return 1;
  }
}

/** Prints an answer: as it is, or in words. */
export function show(terminal: Terminal, { format }: EngineOptions, answer: unknown, text: string): void {
  terminal.out(format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : text);
}

function token(): string | null {
  const { DDL_TOKEN } = env;
  return DDL_TOKEN === undefined || DDL_TOKEN === '' ? null : DDL_TOKEN.trim();
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
