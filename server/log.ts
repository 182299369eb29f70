import { pino } from 'pino';

/** One record becomes one line of JSON: level, time (ISO 8601 in UTC), and what the record holds. */
export type Log = (record: Record<string, unknown>) => void;

/** A log that holds records for a moment, to write many at once. */
export interface BufferedLog {
  log: Log;
  /** Writes what is held. */
  flush(): void;
}

/** Requests come by the thousand; whatever else is logged is written at once. */
const HELD_EVENT = 'request';
const HELD_CHARACTERS = 4096;
const HELD_MS = 200;

/** Makes a log on a stream. (Pino's own destination would try for ever to write to a full disk, also when the process is to end.) */
export function createLog(stream: { write(text: string): unknown }): BufferedLog {
  let held = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held === '') return;
    const text = held;
    held = '';
    stream.write(text);
  };
  const hold = (line: string): void => {
    held += line;
    if (held.length >= HELD_CHARACTERS) flush();
    else timer ??= setTimeout(flush, HELD_MS).unref();
  };
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    { write: hold },
  );
  return {
    log({ level = 'info', ...record }) {
      logger[level as 'info' | 'error'](record);
      if (record.event !== HELD_EVENT) flush();
    },
    flush,
  };
}

/** Lets the process live on where whoever reads its output goes away (EPIPE) or the log's disk is full. */
export function outliveLogReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
