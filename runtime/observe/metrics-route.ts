// `GET /metrics`: Prometheus's text form. Names of policies and topics are in it, no values of telemetry.

import type { FastifyInstance } from 'fastify';
import type { Meter } from '../ports/prometheus.ts';

export function metricsRoute(app: FastifyInstance, meter: Pick<Meter, 'text' | 'contentType'>): void {
  app.get('/metrics', async (_request, reply) => reply.type(meter.contentType).send(await meter.text()));
}
