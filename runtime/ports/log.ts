// The engine's log: pino, to standard error, in words on a terminal and as JSON lines elsewhere.

import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** A person reads it on a terminal. */
  readonly forPeople: boolean;
  readonly color: boolean;
}

export function createLog({ level, forPeople, color }: LogOptions): Logger {
  const options = { level, base: null };
  if (!forPeople) return pino(options, pino.destination({ dest: 2, sync: true }));
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: color,
    hideObject: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
  });
  return pino(options, stream);
}
