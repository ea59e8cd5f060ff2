// A port in front of a server, for weather between it and its clients: delays, silence, connections that break before,
// within or after an answer. What is cut is reset on both sides, like a cable that is pulled and a router that says so.

import { once } from 'node:events';
import { connect as connectTo, createServer, type Socket } from 'node:net';

/** Which bytes decide, and how many of them still pass. */
export interface Cut {
  /** `reply`: what the server sends; `request`: what a client sends. */
  readonly on: 'reply' | 'request';
  /** What the bytes contain; without it the first that come. Within one packet: keep it short. */
  readonly containing?: string;
  /** So many bytes of the packet pass before the connection breaks; by default none. */
  readonly passBytes?: number;
}

export interface TcpProxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Every packet in either direction is held back for so long; 0 to end it. */
  delay(ms: number): void;
  /** Nothing passes, and nobody is told; packets wait for `resume`. */
  hold(): void;
  resume(): void;
  /** Breaks every connection; the next ones are served. */
  cutAll(): void;
  /** New connections are refused from now on, until `accept`. */
  refuse(): void;
  accept(): void;
  /** Breaks the first connection that carries such a packet; resolves when that has happened. */
  cutAt(cut: Cut): Promise<void>;
  /** Breaks each connection once it has carried so many bytes of replies; `null` to end it. */
  cutAfterBytes(bytes: number | null): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  repliedBytes: number;
}

interface Awaited extends Cut {
  readonly happened: () => void;
}

/** `target`: `127.0.0.1:PORT`, or an address that begins with a protocol, of which host and port are taken. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port: targetPort } = new URL(target.includes('://') ? target : `tcp://${target}`);
  const pairs = new Set<Pair>();
  const cuts: Awaited[] = [];
  const weather = { delayMs: 0, holds: false, refuses: false, bytes: null as number | null };
  let wake: (() => void)[] = [];

  const cut = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  };

  /** How much of a packet passes; less than all of it when the connection is to break there. */
  const passing = (pair: Pair, on: Cut['on'], packet: Buffer): number => {
    const index = cuts.findIndex((each) => each.on === on && packet.includes(each.containing ?? ''));
    if (index >= 0) {
      const [found] = cuts.splice(index, 1);
      found.happened();
      return Math.min(found.passBytes ?? 0, packet.length);
    }
    if (on === 'request') return Number.POSITIVE_INFINITY;
    pair.repliedBytes += packet.length;
    if (weather.bytes === null || pair.repliedBytes < weather.bytes) return Number.POSITIVE_INFINITY;
    return Math.max(0, packet.length - (pair.repliedBytes - weather.bytes));
  };

  const carry = async (pair: Pair, on: Cut['on']): Promise<void> => {
    const [source, sink] = on === 'request' ? [pair.client, pair.server] : [pair.server, pair.client];
    try {
      for await (const packet of source as AsyncIterable<Buffer>) {
        if (weather.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, weather.delayMs));
        while (weather.holds) await new Promise<void>((resolve) => wake.push(resolve));
        const length = passing(pair, on, packet);
        if (length <= packet.length) {
          // The bytes that pass are on their way before the connection breaks.
          if (length > 0) await new Promise((resolve) => sink.write(packet.subarray(0, length), resolve));
          return cut(pair);
        }
        if (!sink.write(packet)) await once(sink, 'drain');
      }
      sink.end();
    } catch {
      // One side broke: so does the other.
      cut(pair);
    }
  };

  const server = createServer({ noDelay: true }, (client) => {
    if (weather.refuses) {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = {
      client,
      server: connectTo({ host: hostname, port: Number(targetPort), noDelay: true }),
      repliedBytes: 0,
    };
    pairs.add(pair);
    for (const socket of [pair.client, pair.server]) {
      socket.on('error', () => cut(pair));
      socket.on('close', () => pairs.delete(pair));
    }
    void carry(pair, 'request');
    void carry(pair, 'reply');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' && listening !== null ? listening.port : 0;
  const cutAll = (): void => {
    for (const pair of pairs) cut(pair);
  };
  const resume = (): void => {
    weather.holds = false;
    for (const go of wake) go();
    wake = [];
  };
  return {
    address: `127.0.0.1:${port}`,
    port,
    get connections() {
      return pairs.size;
    },
    delay(ms) {
      weather.delayMs = ms;
    },
    hold() {
      weather.holds = true;
    },
    resume,
    cutAll,
    refuse() {
      weather.refuses = true;
    },
    accept() {
      weather.refuses = false;
    },
    cutAt: (wanted) => new Promise<void>((happened) => cuts.push({ ...wanted, happened })),
    cutAfterBytes(bytes) {
      weather.bytes = bytes;
    },
    async stop() {
      resume();
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
