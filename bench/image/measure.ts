import { spread, type Spread } from '../training/statistics.ts';

/** One of the ways that are compared. */
export interface Way {
  name: string;
  run(): unknown;
}

export interface Measured {
  name: string;
  /** Processor time of the whole process, all threads, in milliseconds. */
  cpuMs: Spread;
  /** Elapsed milliseconds: meaningless where other processes compute. */
  wallMs: Spread;
  /** Processor time over that of the reference in the same round. */
  ratio: Spread;
}

/**
 * Runs the ways by turns, so that a machine that slows down for a while slows all of them.
 *
 * @param reference the name of the way that ratios are to
 */
export async function measureByTurns(ways: readonly Way[], reference: string, rounds: number): Promise<Measured[]> {
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
    cpuMs: spread(cpu[i]),
    wallMs: spread(wall[i]),
    ratio: spread(cpu[i].map((ms, round) => ms / against[round])),
  }));
}
