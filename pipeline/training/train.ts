/** The one trainer: any registered network by any registered method, with or without a teacher. */
import type { Engine } from '../engines/engine.ts';
import type { NetworkState } from '../networks/state.ts';
import { Stopped } from './parallel/all-reduce.ts';
import { assertReplicas, startReplicas } from './parallel/team.ts';
import { openReplica, type BeforeStep, type Replica } from './replica.ts';
import { readLosses, type StepLosses } from './step.ts';
import type { TeacherSwaps } from './teacher-swaps.ts';
import { resultOf, type EpochState, type Training } from './training.ts';

export interface EpochReport {
  /** Number of the epoch, from 1. */
  epoch: number;
  /** Mean over the epoch's batches, by name, and their sum as `total`. */
  losses: Record<string, number>;
  /** Fractions, in eval mode. */
  trainingTop1: number;
  validationTop1: number;
  learningRate: number;
  /** Teacher's swaps; absent without a teacher. */
  teacherSwaps?: TeacherSwaps;
  imagesPerSecond: number;
  seconds: number;
  /** Live tensors of the engine after the epoch: flat, or something leaks. */
  tensors: number;
}

/** The loss stopped being finite. The same training again would end the same way. */
export class DivergenceError extends Error {
  /** The step whose loss it was, of its epoch; both from 1. Absent if it was no step's. */
  readonly at?: { epoch: number; step: number };

  constructor(message: string, at?: { epoch: number; step: number }) {
    super(message);
    this.at = at;
  }
}

export interface TrainingEvents {
  /** Awaited before each step; what it throws ends the training. */
  beforeStep?(state: BeforeStep): Promise<void>;
  /** Told of steps whose losses were read: one by one, or some together where reading is dear (`Engine.stepsPerRead`). */
  onStep?(progress: { epoch: number; step: number; stepsPerEpoch: number; imagesPerSecond: number; loss: number }): void;
  /** Called with everything a resume needs, after each epoch; a promise is awaited. */
  onEpoch?(report: EpochReport, checkpoint: EpochState & Required<Pick<EpochState, 'optimizer'>>): unknown;
}

/**
 * Trains to the end of the schedule and returns the last epoch's result (`resultOf`).
 * @param engine the one that the training names, made in this thread
 * @throws DivergenceError if a loss, or a weight or running statistic after an epoch, is not finite; such an epoch is not
 *   handed to `onEpoch`, and checkpoints written before stand
 * @throws Error if the engine or the recipe does not allow the replicas (`assertReplicas`), and what one of them threw
 */
export async function train(training: Training, engine: Engine, events: TrainingEvents = {}): Promise<NetworkState> {
  const { recipe, start, teacher, teacherCache } = training;
  const { tf } = engine;
  assertReplicas(training.replicas, engine.handle, recipe.batchSize);
  const team = startReplicas(training);
  const unread: { losses: StepLosses; rate: number }[] = [];
  let replica: Replica | undefined;
  try {
    replica = await openReplica(training, engine, team?.member);
    const { stepsPerEpoch } = replica;
    let result = resultOf(start);
    for (let epoch = start.epochsDone + 1; epoch <= recipe.epochs; epoch++) {
      const sums: Record<string, number> = {};
      const began = performance.now();
      let rate = 0;
      let done = 0;
      for await (const stepped of replica.epoch(epoch, events.beforeStep)) {
        unread.push(stepped);
        rate = stepped.rate;
        done++;
        if (unread.length < (engine.stepsPerRead ?? 1) && done < stepsPerEpoch) continue;
        const group = unread.splice(0);
        const read = await readLosses(
          tf,
          group.map(({ losses }) => losses),
        );
        const imagesPerSecond = (done * recipe.batchSize * 1000) / (performance.now() - began);
        read.forEach((losses, i) => {
          const at = done - read.length + i + 1;
          const total = Object.values(losses).reduce((sum, loss) => sum + loss, 0);
          if (!Number.isFinite(total))
            throw new DivergenceError(
              `the loss is ${total} at epoch ${epoch}, step ${at} of ${stepsPerEpoch} (${JSON.stringify(losses)}): training diverged; lower the learning rate (now ${group[i].rate})`,
              { epoch, step: at },
            );
          for (const [name, loss] of Object.entries({ ...losses, total })) sums[name] = (sums[name] ?? 0) + loss;
          events.onStep?.({ epoch, step: at, stepsPerEpoch, imagesPerSecond, loss: sums.total / at });
        });
      }
      const seconds = (performance.now() - began) / 1000;
      const end = await replica.finishEpoch();
      const { model, average } = end;
      assertFinite(model, epoch, rate);
      result = resultOf(end);
      const [trainingTop1, validationTop1] = end.top1;
      const report: EpochReport = {
        epoch,
        losses: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch])),
        trainingTop1,
        validationTop1,
        learningRate: rate,
        ...((teacher ?? teacherCache) && { teacherSwaps: end.swaps }),
        imagesPerSecond: (stepsPerEpoch * recipe.batchSize) / seconds,
        seconds,
        tensors: tf.memory().numTensors,
      };
      await events.onEpoch?.(report, {
        model,
        ...(average && { average }),
        optimizer: await replica.downloadOptimizer(),
        epochsDone: epoch,
      });
    }
    return result;
  } catch (error) {
    throw error instanceof Stopped ? team!.failure() : error;
  } finally {
    for (const { losses } of unread) tf.dispose(losses);
    await replica?.close();
    await team?.stop();
  }
}

/** @throws DivergenceError naming the first weight or running statistic that is not finite */
function assertFinite(model: NetworkState, epoch: number, learningRate: number): void {
  const broken = [...model].filter(([, { data }]) => !data.every(Number.isFinite)).map(([name]) => name);
  if (broken.length === 0) return;
  throw new DivergenceError(
    `${broken[0]} is not finite after epoch ${epoch} (with ${broken.length - 1} of the other ${model.size - 1} weights and statistics): ` +
      `training diverged; lower the learning rate (now ${learningRate})`,
  );
}
