import { quartiles, type Quartiles } from '../training/statistics.ts';

/** One of the ways that are compared. */
export interface Way {
  name: string;
  run(): unknown;
}

export interface MeasuredWay {
  name: string;
  /** Processor time of the whole process, all threads, in milliseconds. */
  cpuMs: Quartiles;
  /** Elapsed milliseconds: meaningless where other processes compute. */
  wallMs: Quartiles;
  /** Processor time over that of the reference in the same round. */
  ratio: Quartiles;
}

/**
 * Runs the ways by turns, so that a machine that slows down for a while slows all of them.
 *
 * @param reference the name of the way that ratios are to
 */
export async function measureByTurns(ways: readonly Way[], reference: string, rounds: number): Promise<MeasuredWay[]> {
  const cpu = ways.map((): number[] => []);
  const wall = ways.map((): number[] => []);
  // The first two rounds compile and fill caches.
  for (let round = -2; round < rounds; round++) {
    for (const [i, way] of ways.entries()) {
      const before = process.cpuUsage();
      const startedAt = performance.now();
      await way.run();
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      wall[i].push(performance.now() - startedAt);
      cpu[i].push((user + system) / 1000);
    }
  }
  const against = cpu[ways.findIndex(({ name }) => name === reference)];
  return ways.map(({ name }, i) => ({
    name,
    cpuMs: quartiles(cpu[i]),
    wallMs: quartiles(wall[i]),
    ratio: quartiles(cpu[i].map((ms, round) => ms / against[round])),
  }));
}
