/** Times servers by turns, so that a machine that slows down for a while slows all of them. */
import { quartiles } from '../training/statistics.ts';
import type { Generator } from './generator.ts';
import { processorMs, residentBytesOf } from './processor-time.ts';
import type { StartedServer } from './servers.ts';

/** A server and how it is asked. */
export interface TimedServer {
  name: string;
  server: StartedServer;
  /** Path and query that the pictures are posted to. */
  path: string;
}

export interface Turn {
  /** Processor milliseconds an answer: user and system time of all the server's processes. */
  processorMs: number;
  answersPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export interface Measured {
  contestant: string;
  connections: number;
  turns: Turn[];
  answers: number;
  /** Answers by status, other than 200. */
  others: Record<string, number>;
  residentBytes: number;
  /** Label that each picture got first. */
  labels: string[];
}

export interface TurnOptions {
  generator: Generator;
  /** Folder of the pictures. */
  folder: string;
  connections: number;
  seconds: number;
  rounds: number;
  onTurn(): void;
}

/** Each round begins with the next contestant, so that none always comes after the same one. */
export async function timeServersByTurns(contestants: readonly TimedServer[], options: TurnOptions): Promise<Measured[]> {
  const { generator, folder, connections, seconds, rounds, onTurn } = options;
  const load = ({ server, path }: TimedServer, seconds: number) =>
    generator.run({ url: `${server.url}${path}`, folder, connections, seconds });
  const measured = contestants.map(({ name }): Measured => ({
    contestant: name,
    connections,
    turns: [],
    answers: 0,
    others: {},
    residentBytes: 0,
    labels: [],
  }));
  for (const contestant of contestants) await load(contestant, Math.min(seconds, 2));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const place = (i + round) % contestants.length;
      const { server } = contestants[place];
      const entry = measured[place];
      const before = processorMs(server.pid);
      const { statuses, okMs, seconds: took, labels } = await load(contestants[place], seconds);
      const spent = processorMs(server.pid) - before;
      const answers = Object.values(statuses).reduce((sum, count) => sum + count, 0);
      entry.turns.push({
        processorMs: spent / answers,
        answersPerSecond: okMs.length / took,
        p50Ms: okMs[Math.floor(0.5 * okMs.length)] ?? NaN,
        p99Ms: okMs[Math.floor(0.99 * okMs.length)] ?? NaN,
      });
      entry.answers += answers;
      for (const [status, count] of Object.entries(statuses))
        if (status !== '200') entry.others[status] = (entry.others[status] ?? 0) + count;
      entry.residentBytes = Math.max(entry.residentBytes, residentBytesOf(server.pid));
      entry.labels = labels.map((label, file) => label || (entry.labels[file] ?? ''));
      onTurn();
    }
  }
  return measured;
}

export type Figure = keyof Turn;

/** Ratio of two contestants' figures, turn by turn of the same round: median, and that of the minima. */
export function ratioOf(ours: Measured, other: Measured, figure: Figure): { median: number; ofMinima: number } {
  const least = (turns: readonly Turn[]): number => Math.min(...turns.map((turn) => turn[figure]));
  return {
    median: quartiles(ours.turns.map((turn, round) => turn[figure] / other.turns[round][figure])).median,
    ofMinima: least(ours.turns) / least(other.turns),
  };
}

export const medianOf = ({ turns }: Measured, figure: Figure): number => quartiles(turns.map((turn) => turn[figure])).median;
