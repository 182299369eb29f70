import { pino } from 'pino';

/** One record becomes one line of JSON: level, time (ISO 8601 in UTC), and what the record holds. */
export type Log = (record: Record<string, unknown>) => void;

/** A log that holds records for a moment, to write many at once. */
export interface BufferedLog {
  log: Log;
  /** Writes what is held, before this returns. */
  flush(): void;
  /** Records that were given up, since nobody read and too many were held. */
  dropped(): number;
}

/** Requests come by the thousand; whatever else is logged is written at once. */
const HELD_EVENT = 'request';
const HELD_BYTES = 4096;
const HELD_MS = 200;
/** Beyond it records are dropped: nobody reads, or the disk is full. */
const MOST_HELD_BYTES = 1024 ** 2;

/** @param descriptor of the file or pipe that the log is written to */
export function createLog(descriptor: number): BufferedLog {
  const stream = pino.destination({
    dest: descriptor,
    sync: false,
    minLength: HELD_BYTES,
    periodicFlush: HELD_MS,
    maxLength: MOST_HELD_BYTES,
  });
  // Whoever reads the log may go away (EPIPE); the server does not.
  stream.on('error', () => undefined);
  let dropped = 0;
  stream.on('drop', () => dropped++);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } }, stream);
  return {
    log({ level = 'info', ...record }) {
      logger[level as 'info' | 'error'](record);
      if (record.event !== HELD_EVENT) stream.flush();
    },
    flush() {
      try {
        stream.flushSync();
      } catch {
        // As above.
      }
    },
    dropped: () => dropped,
  };
}

/** Lets the process live on where whoever reads its output goes away (EPIPE) or the log's disk is full. */
export function outliveLogReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
