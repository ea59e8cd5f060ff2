// Problem documents (RFC 9457): how every refusal of the engine's HTTP server is answered.

import type { FastifyReply } from 'fastify';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not known',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Refused',
  500: 'Internal error',
  503: 'Not now',
};

/** Sends a problem document: what is wrong and what to do about it. `more`: members beyond those of the RFC. */
export function problem(
  reply: FastifyReply,
  status: number,
  what: string,
  advice: string,
  more: Readonly<Record<string, string>> = {},
): FastifyReply {
  const { method, url } = reply.request;
  const body = {
    type: 'about:blank',
    title: titles[status] ?? 'Problem',
    status,
    detail: `${what}: ${advice}`,
    instance: `${method} ${url.slice(0, 200)}`,
    ...more,
  };
  // As bytes: to text the server would add a charset, which this type doesn't have.
  return reply
    .code(status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(body)));
}

/** Why a server can't listen, and what to do. `inUse`: what may be done about a port that is taken. */
export function listenProblem(what: string, error: unknown, host: string, port: number, inUse: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const where = `${what} can't listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${where}: the port is in use; ${inUse}`;
  if (code === 'EACCES') return `${where}: ports below 1024 need privileges; choose another port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${where}: this machine has no such address; use 127.0.0.1 or 0.0.0.0`;
  return `${where}: ${error instanceof Error ? error.message : String(error)}`;
}
