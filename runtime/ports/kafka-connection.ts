// Mends kafkajs 2.2.4: a connection that breaks within an answer keeps the half of it and reads the first answers after
// reconnecting as its rest, so that nothing is ever understood again. Each connection begins with nothing.

import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** What a connection of that library has; it is in no type of its own. */
interface Connection {
  bytesBuffered: number;
  bytesNeeded: number;
  chunks: Buffer[];
  socket?: Socket;
  isConnected(): boolean;
  connect(): Promise<boolean>;
}

/** Of the number that says how long an answer is. */
const lengthBytes = 4;

let mended = false;

/** Once for the process. */
export function mendKafkaConnections(): void {
  if (mended) return;
  mended = true;
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/connection') as { prototype: Connection };
  const { connect } = prototype;
  prototype.connect = function (this: Connection) {
    if (!this.isConnected()) {
      // What still comes over the one before is nobody's.
      this.socket?.removeAllListeners('data');
      this.bytesBuffered = 0;
      this.bytesNeeded = lengthBytes;
      this.chunks = [];
    }
    return Reflect.apply(connect, this, []) as Promise<boolean>;
  };
}
