// `GET /api/telemetry`: what the engine sees, as a snapshot that `ddlc check --against engine` reads. Names of services
// and values of tags are in it, so it is for this machine alone.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problem } from '../sources/http-problem.ts';
import { type TelemetrySnapshot, telemetrySnapshotText } from './telemetry-snapshot.ts';

export function telemetryRoute(app: FastifyInstance, snapshot: () => TelemetrySnapshot): void {
  app.get('/api/telemetry', (request, reply) => {
    if (!isLocal(request))
      return problem(reply, 403, 'this is answered to this machine alone', 'ask from the engine’s own machine');
    return reply.type('application/json').send(telemetrySnapshotText(snapshot()));
  });
}

/** A page in a browser can be led here by a name that its sender controls: the name that was asked for counts too. */
function isLocal(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? '';
  const local = /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
  return local && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(request.headers.host ?? '');
}
