// Problem documents (RFC 9457): how every refusal of the engine's HTTP server is answered.

import type { FastifyReply } from 'fastify';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  413: 'Content too large',
  415: 'Unsupported media type',
  500: 'Internal error',
  503: 'Not now',
};

/** Sends a problem document: what is wrong and what to do about it. */
export function problem(reply: FastifyReply, status: number, what: string, advice: string): FastifyReply {
  const { method, url } = reply.request;
  const body = {
    type: 'about:blank',
    title: titles[status] ?? 'Problem',
    status,
    detail: `${what}: ${advice}`,
    instance: `${method} ${url.slice(0, 200)}`,
  };
  // As bytes: to text the server would add a charset, which this type doesn't have.
  return reply
    .code(status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(body)));
}
