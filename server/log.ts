/** One record becomes one line of JSON. */
export type Log = (record: Record<string, unknown>) => void;

/** A log on a stream; the time is added here, ISO 8601 in UTC. */
export function createJsonLog(stream: { write(text: string): unknown }): Log {
  return (record) => {
    stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
  };
}

/** Lets the process live on where whoever reads its output goes away (EPIPE) or the log's disk is full. */
export function outliveLogReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
