// Recorded or piped events, read to their end on the same way as live ones.

import type { Observer } from './observe/observer.ts';
import type { TelemetryWatch } from './observe/telemetry-watch.ts';
import type { Sessions } from './sessions.ts';
import { fileChunks } from './sources/file.ts';
import { JsonEventDecoder } from './sources/json-events.ts';

const linesPerSlice = 4096;

export interface RecordedSourceOptions {
  readonly sessions: Sessions;
  readonly observer: Observer;
  readonly telemetry: () => TelemetryWatch;
  readonly now: () => number;
  /** Aborts when nobody wants to wait for input any more. */
  readonly signal: AbortSignal;
  /** Called after each slice: resolves when the next one may be judged. */
  readonly room: () => Promise<void>;
}

/** Resolves to the number of events. `path` may be `-`. Errors: `SourceError` when they can't be read. */
export async function readRecorded(
  path: string,
  schema: string | null,
  { sessions, observer, telemetry, now, signal, room }: RecordedSourceOptions,
): Promise<number> {
  const where = path === '-' ? 'standard input' : path;
  let session = sessions.open();
  let decoder = new JsonEventDecoder(session.intake, { schema, where, now });
  const holder = {
    replace: (make: (old: typeof session) => typeof session) => {
      session = make(session);
      decoder = decoder.on(session.intake);
      return true;
    },
  };
  sessions.hold(holder);
  try {
    for await (const chunk of fileChunks({ path, signal })) {
      for (let at = 0; at < chunk.length; ) {
        sessions.beginRecorded();
        at = decoder.decode(chunk, linesPerSlice, at);
        for (const { index } of session.intake.schemas) {
          const undeclared = decoder.undeclared(index);
          observer.carries(undeclared);
          telemetry().undeclared(index, undeclared);
        }
        telemetry().rows(session.intake);
        session.partition.drain();
        sessions.end();
        await room();
      }
      if (signal.aborted) break;
    }
    decoder.end();
    session.partition.close();
  } finally {
    sessions.letGo(holder);
  }
  observer.events(session.intake.seq);
  return session.intake.seq;
}
