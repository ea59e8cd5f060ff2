// The HTTP API of an engine, on a port of its own: loopback unless tokens are configured. A request is bounded, its sender
// known and allowed, its form checked, before anything is done; every refusal is a problem document (RFC 9457).

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ActionLog } from '../actions/executor.ts';
import { packageBytesMax } from '../bundle/bundle-files.ts';
import { listenProblem, problem } from '../sources/http-problem.ts';
import { SourceError } from '../sources/source-error.ts';
import { type ControlParts, ControlProblem, type Endpoint, type PackageReply } from './endpoint.ts';
import { endpoints } from './endpoints/index.ts';
import { isLoopback } from './loopback.ts';
import { openApiDocument, packageType } from './openapi.ts';
import { type Caller, localCaller, mayDo, type Role, type TokenEntry, Tokens } from './tokens.ts';

export interface ControlServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tokens: readonly TokenEntry[];
  readonly parts: ControlParts;
  readonly log: ActionLog;
  /** What else the server answers, behind the same checks. */
  readonly routes?: (app: FastifyInstance) => void;
}

export interface ControlServer {
  readonly url: string;
  /** Answers what is under way, then closes. */
  close(): Promise<void>;
}

const jsonBytesMax = 64 * 1024;
/** Each may hold a package in memory. */
const uploadsMax = 2;

/** Opens the API. Errors: `SourceError` with a sentence for people when the address can't be had. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { host, port, tokens } = options;
  if (tokens.length === 0 && !isLoopback(host)) {
    throw new SourceError(
      `the HTTP API can't listen on ${host} without tokens: anybody could pause it; make one with \`ddlc key token NAME --role operator\` and put it into \`control.tokens\``,
    );
  }
  const app = controlApp(options);
  try {
    return { url: await app.listen({ host, port }), close: () => app.close() };
  } catch (error) {
    await app.close();
    const advice = 'stop what uses it (another engine?) or choose another `control.port`';
    throw new SourceError(listenProblem('the HTTP API', error, host, port, advice), { cause: error });
  }
}

function controlApp({ tokens, parts, log, routes }: ControlServerOptions): FastifyInstance {
  const app = fastify({ bodyLimit: jsonBytesMax, requestTimeout: 60_000, forceCloseConnections: 'idle' });
  const guard = new Guard(new Tokens(tokens), log);
  // Otherwise text would be taken for JSON, and a page in a browser may send text anywhere.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
  app.addContentTypeParser(packageType, { parseAs: 'buffer', bodyLimit: packageBytesMax }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    return guard.refuseForeign(request, reply);
  });
  app.setErrorHandler((error: Error & { readonly code?: string; readonly statusCode?: number }, request, reply) =>
    tell(error, request, reply, log),
  );
  app.setNotFoundHandler((_request, reply) =>
    problem(reply, 404, 'there is nothing at this address', 'GET /api/openapi.json lists what there is'),
  );
  const document = openApiDocument(endpoints);
  app.get('/api/openapi.json', (_request, reply) => reply.send(document));
  for (const endpoint of endpoints) addRoute(app, endpoint, parts, guard);
  routes?.(app);
  return app;
}

function addRoute(app: FastifyInstance, endpoint: Endpoint, parts: ControlParts, guard: Guard): void {
  const { method, path, role, query, body } = endpoint;
  let uploads = 0;
  app.route({
    method,
    url: path,
    ...(body === 'package' ? { bodyLimit: packageBytesMax } : {}),
    // Before the body is read: a stranger's is not.
    onRequest: async (request, reply) => {
      if (guard.callerFor(request, role, reply) === null) return reply;
      if (body !== 'package') return;
      if (uploads >= uploadsMax) {
        reply.header('Retry-After', '5');
        return problem(reply, 503, 'other bundles are being uploaded', 'send it again in some seconds');
      }
      uploads++;
      reply.raw.once('close', () => uploads--);
    },
    handler: async (request, reply) => {
      const caller = guard.callerFor(request, role, reply);
      if (caller === null) return reply;
      const call = {
        by: caller.name,
        query: query === null ? null : checked('the query', query.safeParse(request.query)),
        body: bodyOf(endpoint, request),
        parts,
      };
      const result = await endpoint.handle(call as never);
      if (endpoint.reply !== 'package') return reply.send(result);
      const { bytes, hash } = result as PackageReply;
      return reply.type(packageType).header('ETag', `"${hash}"`).send(Buffer.from(bytes));
    },
  });
}

function bodyOf({ body }: Endpoint, request: FastifyRequest): unknown {
  if (body === null) return null;
  if (body !== 'package') return checked('the body', body.safeParse(request.body));
  if (Buffer.isBuffer(request.body)) return request.body;
  throw new ControlProblem(415, 'the body is no package', `send it as ${packageType}, as \`ddlc deploy\` does`);
}

type Parsed =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function checked(what: string, parsed: Parsed): unknown {
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at =
    issue === undefined || issue.path.length === 0 ? what : `${what} at \`${issue.path.map(String).join('.')}\``;
  const advice = 'GET /api/openapi.json says what is expected';
  throw new ControlProblem(400, `${at}: ${(issue?.message ?? 'unreadable').slice(0, 300)}`, advice);
}

/** Who may be here at all, and who may do what. */
class Guard {
  readonly #tokens: Tokens;
  readonly #log: ActionLog;

  constructor(tokens: Tokens, log: ActionLog) {
    this.#tokens = tokens;
    this.#log = log;
  }

  /**
   * A page in a browser can be led to this machine by a name that its sender controls, and can send requests without
   * reading their answers. Neither comes with a token; without tokens the name and the sender must be this machine's.
   */
  refuseForeign(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const { host, origin } = request.headers;
    if (!this.#tokens.configured && !(isLoopback(request.socket.remoteAddress ?? '') && isLoopback(hostName(host)))) {
      return problem(reply, 403, 'this is answered to this machine alone', 'ask for it as 127.0.0.1 or localhost');
    }
    const site = request.headers['sec-fetch-site'];
    if ((origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) || site === 'cross-site')
      return problem(reply, 403, 'a page of another origin may not ask', 'use ddlc, or the console of this engine');
    return undefined;
  }

  /** `null`: a problem has been sent. */
  callerFor(request: FastifyRequest, role: Role, reply: FastifyReply): Caller | null {
    const { authorization } = request.headers;
    const caller = this.#tokens.configured ? this.#tokens.callerOf(authorization) : localCaller;
    if (caller !== null && mayDo(caller, role)) return caller;
    if (reply.sent) return null;
    if (caller === null) {
      reply.header('WWW-Authenticate', 'Bearer');
      const what = authorization === undefined ? 'there is no token' : 'the token is not known here';
      void problem(reply, 401, what, 'send `Authorization: Bearer TOKEN`; ddlc takes it from DDL_TOKEN');
      return null;
    }
    this.#log.warn(
      { by: caller.name, role, path: request.routeOptions.url },
      'refused: the token does not have the role',
    );
    void problem(reply, 403, `the token \`${caller.name}\` does not have the role ${role}`, 'use one that has');
    return null;
  }
}

function tell(
  error: Error & { readonly code?: string; readonly statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
  log: ActionLog,
): FastifyReply {
  if (error instanceof ControlProblem) {
    if (error.status === 503) reply.header('Retry-After', '5');
    return problem(
      reply,
      error.status,
      error.message,
      error.advice,
      error.fault === null ? {} : { fault: error.fault },
    );
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const most = request.routeOptions.bodyLimit ?? jsonBytesMax;
    return problem(reply, 413, `the body is larger than ${most / 1024} KiB`, 'send less');
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return problem(
      reply,
      415,
      'this content type is not taken',
      `send application/json, or ${packageType} for a bundle`,
    );
  const status = error.statusCode ?? 500;
  if (status < 500) return problem(reply, status, error.message.slice(0, 300), 'correct the request');
  // Most likely the ledger can't be asked; whether something was written then nobody can tell here.
  log.error({ path: request.routeOptions.url, problem: error.message }, 'a request could not be answered');
  reply.header('Retry-After', '5');
  return problem(
    reply,
    503,
    'the engine can’t do this now',
    'its log says why; look at GET /api/status, then try again',
  );
}

function hostName(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
