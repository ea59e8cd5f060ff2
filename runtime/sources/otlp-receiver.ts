// The OTLP/HTTP receiver: what an OpenTelemetry Collector's `otlphttp` exporter or an SDK sends to. A request is answered
// with success only after `onBatch` has resolved; everything else is a problem document (RFC 9457) that says what to do.

import { gunzip } from 'node:zlib';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Intake } from '../evaluate/intake.ts';
import { listenProblem, problem } from './http-problem.ts';
import { OtlpJsonDecoder } from './otlp-json.ts';
import { OtlpProtobufDecoder } from './otlp-protobuf.ts';
import { type OtlpAccepted, OtlpRows, otlpBodyBytesMax } from './otlp-rows.ts';
import { SourceError } from './source-error.ts';

const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';
/** Bytes of bodies that are being read or unpacked at once: what senders can claim. A body of unknown length counts in full. */
const openBytesMax = 32 * otlpBodyBytesMax;

export interface OtlpRoutesOptions {
  /** Asked with every request: another program may run since the one before. */
  readonly intake: () => Intake;
  /** The wall clock in epoch milliseconds. */
  readonly now: () => number;
  /** False while the engine is pausing: senders are told to come back. */
  readonly accept: () => boolean;
  /**
   * Called after a request's rows were appended, in the same turn. The reply waits for what it returns; when that
   * rejects, the sender is told to send again.
   */
  readonly onBatch: (accepted: OtlpAccepted) => Promise<void> | void;
  /** Seconds after which a sender that was refused shall come back. */
  readonly retryAfterSeconds?: number;
}

export interface OtlpReceiverOptions extends OtlpRoutesOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** 4318 by default; 0 takes a free one. */
  readonly port?: number;
  /** For `/healthz`: the process is able to work. True by default. */
  readonly healthy?: () => boolean;
  /** For `/readyz`: `null` when it is ready, else why it is not. `accept` decides by default. */
  readonly notReady?: () => string | null;
  /** What else the server answers. */
  readonly routes?: (app: FastifyInstance) => void;
}

export interface OtlpReceiver {
  readonly url: string;
  /** Answers what is under way, then closes. */
  close(): Promise<void>;
}

/** Opens the receiver. Throws with a sentence for people when the address can't be had. */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? 4318;
  const app = fastify({ bodyLimit: otlpBodyBytesMax, requestTimeout: 30_000, forceCloseConnections: 'idle' });
  otlpRoutes(app, options);
  options.routes?.(app);
  app.get('/healthz', (_request, reply) => {
    if (options.healthy?.() ?? true) return reply.send({ status: 'ok' });
    return problem(reply, 503, 'the engine is not healthy', 'its log says why');
  });
  app.get('/readyz', (_request, reply) => {
    const reason = options.notReady === undefined ? pausing(options) : options.notReady();
    return reason === null ? reply.send({ status: 'ready' }) : problem(reply, 503, reason, 'wait until it is ready');
  });
  app.setNotFoundHandler((_request, reply) =>
    problem(reply, 404, 'there is nothing at this address', 'send metrics to POST /v1/metrics'),
  );
  try {
    const url = await app.listen({ host, port });
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    const advice = 'stop what uses it (an OpenTelemetry Collector?) or choose another port';
    throw new SourceError(listenProblem('the OTLP receiver', error, host, port, advice), { cause: error });
  }
}

/** Adds `POST /v1/metrics`, and the rules for bodies and errors that it needs, to a server. */
export function otlpRoutes(app: FastifyInstance, options: OtlpRoutesOptions): void {
  let decoders = decodersFor(options.intake(), options);
  let openBytes = 0;
  const releases = new WeakMap<FastifyRequest, () => void>();

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      [protobufType, jsonType],
      { parseAs: 'buffer', bodyLimit: otlpBodyBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error: Error & { readonly code?: string; readonly statusCode?: number }, request, reply) =>
      problemOf(error, request, reply),
    );
    scope.addHook('onRequest', async (request, reply) => {
      const reason = pausing(options) ?? (openBytes >= openBytesMax ? 'too many requests are under way' : null);
      if (reason !== null) return tryLater(reply, options, reason);
      let claimed = claimedBytes(request);
      openBytes += claimed;
      const release = (): void => {
        openBytes -= claimed;
        claimed = 0;
      };
      releases.set(request, release);
      reply.raw.once('close', release);
    });
    scope.post('/v1/metrics', async (request, reply) => {
      const isJson = mediaType(request) === jsonType;
      const body = await unpacked(request, reply);
      if (body === null) return reply;
      // The engine may have begun to pause while the body came in.
      const reason = pausing(options);
      if (reason !== null) return tryLater(reply, options, reason);
      if (decoders.intake !== options.intake()) decoders = decodersFor(options.intake(), options);
      const result = (isJson ? decoders.json : decoders.protobuf).decode(body);
      releases.get(request)?.();
      if ('error' in result) return problem(reply, 400, result.error, 'send a complete ExportMetricsServiceRequest');
      try {
        await options.onBatch(result);
      } catch {
        return tryLater(reply, options, 'the rows could not be handled');
      }
      return isJson
        ? reply.type(jsonType).send(jsonReply(result))
        : reply.type(protobufType).send(protobufReply(result));
    });
  });
}

interface Decoders {
  readonly intake: Intake;
  readonly protobuf: OtlpProtobufDecoder;
  readonly json: OtlpJsonDecoder;
}

function decodersFor(intake: Intake, options: OtlpRoutesOptions): Decoders {
  const rows = new OtlpRows(intake, options);
  return {
    intake,
    protobuf: new OtlpProtobufDecoder(intake, options, rows),
    json: new OtlpJsonDecoder(intake, options, rows),
  };
}

/** What the request may come to, compressed or not. */
function claimedBytes(request: FastifyRequest): number {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  const known = (request.headers['content-encoding'] ?? 'identity') === 'identity' && length >= 0;
  return known ? Math.min(length, otlpBodyBytesMax) : otlpBodyBytesMax;
}

function pausing(options: OtlpRoutesOptions): string | null {
  return options.accept() ? null : 'the engine takes no telemetry at the moment';
}

function mediaType(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
}

/** The body without its content encoding; `null` when a problem was sent instead. */
async function unpacked(request: FastifyRequest, reply: FastifyReply): Promise<Uint8Array | null> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  // The request lives until its reply is sent; its bytes need not.
  request.body = undefined;
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip') {
    await problem(
      reply,
      415,
      `the content encoding \`${encoding.slice(0, 40)}\` is not known`,
      'send gzip or no encoding',
    );
    return null;
  }
  try {
    return await gunzipped(body);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') await tooLarge(reply);
    else if (code === 'Z_BUF_ERROR') await problem(reply, 400, 'the gzip body is truncated', 'send it again in full');
    else
      await problem(
        reply,
        400,
        'the body is not gzip, though Content-Encoding says so',
        'compress it or leave the header out',
      );
    return null;
  }
}

/** Stops at the limit: a small body may unpack to gigabytes. */
function gunzipped(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: otlpBodyBytesMax }, (error, result) =>
      error === null ? resolve(result) : reject(error),
    );
  });
}

function problemOf(
  error: Error & { readonly code?: string; readonly statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(reply);
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const type = mediaType(request);
    const fault =
      type === '' ? 'the request has no Content-Type' : `the content type \`${type.slice(0, 80)}\` is not known`;
    return problem(reply, 415, fault, `send ${protobufType} or ${jsonType}`);
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return problem(reply, status, error.message, 'correct the request');
  return problem(reply, 500, 'the receiver failed', "this is our fault: please report it with the engine's log");
}

function tooLarge(reply: FastifyReply): FastifyReply {
  const fault = `the body is larger than ${otlpBodyBytesMax / 1024 / 1024} MiB, counted without compression`;
  return problem(reply, 413, fault, "send smaller batches: `send_batch_max_size` of the Collector's batch processor");
}

function tryLater(reply: FastifyReply, options: OtlpRoutesOptions, reason: string): FastifyReply {
  reply.header('Retry-After', String(options.retryAfterSeconds ?? 5));
  return problem(reply, 503, reason, 'send it again after the seconds that Retry-After says');
}

function jsonReply(result: OtlpAccepted): object {
  if (result.rejected === 0) return {};
  return { partialSuccess: { rejectedDataPoints: String(result.rejected), errorMessage: result.rejection } };
}

/** ExportMetricsServiceResponse: 1 partial_success { 1 rejected_data_points, 2 error_message }. */
function protobufReply(result: OtlpAccepted): Buffer {
  if (result.rejected === 0) return Buffer.alloc(0);
  const message = Buffer.from((result.rejection ?? '').slice(0, 500), 'utf8');
  const partial = Buffer.concat([
    Buffer.of(8),
    varint(result.rejected),
    Buffer.of(18),
    varint(message.length),
    message,
  ]);
  return Buffer.concat([Buffer.of(10), varint(partial.length), partial]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
