/** Starts the replicas beside the training thread's, each in a thread of its own, and ends them. */
import type { EngineHandle } from '../../engines/engine.ts';
import { startThread } from '../../support/thread.ts';
import type { Training } from '../training.ts';
import { createAllReduce, joinAllReduce, stopAllReduce, type AllReduceHandle, type Member } from './all-reduce.ts';
import { exchangedCount } from './exchange.ts';

/** Data that a replica's thread is started with. */
export interface ReplicaThreadData {
  training: Training;
  rank: number;
  allReduce: AllReduceHandle;
}

export interface Team {
  /** The training thread's own place: rank 0. */
  member: Member;
  /** Returns the reason why `Stopped` was thrown. */
  failure(): Error;
  /** Returns when no thread is left; each ends after what it is computing. */
  stop(): Promise<void>;
}

/** Number of replicas on a processor. It pays with two cores or more, and is the same on all, because it decides the weights. */
const ON_A_PROCESSOR = 2;

/** Number of replicas: as many as are asked for, or with 0 two on a processor (one if a batch can't be halved) and one on a GPU. */
export const replicasOn = ({ gpu }: Pick<EngineHandle, 'gpu'>, { replicas, batchSize }: { replicas: number; batchSize: number }): number =>
  replicas || (gpu || batchSize % ON_A_PROCESSOR !== 0 ? 1 : ON_A_PROCESSOR);

/** @throws Error in one line where so many replicas can't train on this engine, or can't share the batch */
export function assertReplicas(replicas: number, { name, gpu }: Pick<EngineHandle, 'name' | 'gpu'>, batchSize: number): void {
  if (replicas > 1 && gpu)
    throw new Error(
      `--replicas ${replicas}: replicas share the cores of a processor, and engine ${name} computes on a GPU; allowed there: 1`,
    );
  if (batchSize % replicas !== 0)
    throw new Error(`--replicas ${replicas}: a batch of ${batchSize} can't be shared equally; allowed: divisors of ${batchSize}`);
}

/** The replicas of ranks 1 and up, each in a thread of its own; undefined where one replica trains. */
export function startReplicas(training: Training): Team | undefined {
  const { replicas } = training;
  if (replicas === 1) return undefined;
  const allReduce = createAllReduce(replicas, exchangedCount(training.network));
  let failure: Error | undefined;
  let stopping = false;
  const threads = Array.from({ length: replicas - 1 }, (_, i) => {
    const rank = i + 1;
    const thread = startThread(new URL('./replica-worker.ts', import.meta.url), { training, rank, allReduce } satisfies ReplicaThreadData);
    const fail = (reason: string): void => {
      failure ??= new Error(`replica ${rank} of ${replicas}: ${reason}`);
      stopAllReduce(allReduce);
    };
    thread.on('error', (error) => fail(error.message));
    return new Promise<void>((resolve) => {
      thread.on('exit', (code) => {
        if (code !== 0 && !stopping) fail(`its thread ended with code ${code}`);
        resolve();
      });
    });
  });
  return {
    member: joinAllReduce(allReduce, 0),
    failure: () => failure ?? new Error('a replica ended before the training did'),
    async stop() {
      stopping = true;
      stopAllReduce(allReduce);
      await Promise.all(threads);
    },
  };
}
