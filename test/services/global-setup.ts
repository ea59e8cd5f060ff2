// Vitest's global set-up: starts a server when the first test file asks for one (shared.ts), once for the whole run,
// and ends them all with it. A run that needs none starts none.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { isKindName, type KindName, kinds, type Started } from './kinds.ts';
import { askedAt } from './shared.ts';

export async function setup(): Promise<() => Promise<void>> {
  const started = new Map<KindName, Promise<Started>>();
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    if (!isKindName(name)) {
      response.writeHead(404).end(`there is no server of kind ${name}`);
      return;
    }
    const starting = started.get(name) ?? kinds[name].start();
    started.set(name, starting);
    starting.then(
      ({ address }) => response.end(address),
      (error: Error) => response.writeHead(503).end(error.message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' && listening !== null ? listening.port : 0;
  process.env[askedAt] = `http://127.0.0.1:${port}`;
  return async () => {
    server.closeAllConnections();
    server.close();
    for (const start of await Promise.allSettled(started.values()))
      if (start.status === 'fulfilled') await start.value.stop();
  };
}
