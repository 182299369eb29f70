/** The warm-up of a distillation loss (DKD, RLD), which is stated in epochs of a schedule. */
import type { RunLength } from './distiller.ts';

/**
 * Options with the warm-up in epochs of the run, whatever schedule it was stated for.
 * @param run without it, epochs are those of `scheduleEpochs`
 */
export function warmupOfTheRun<O extends { lossWarmupEpochs: number; scheduleEpochs: number }>(stated: O, run?: RunLength): O {
  const epochs = run?.epochs ?? stated.scheduleEpochs;
  const lossWarmupEpochs =
    stated.scheduleEpochs === 0 ? stated.lossWarmupEpochs : (stated.lossWarmupEpochs * epochs) / stated.scheduleEpochs;
  return { ...stated, lossWarmupEpochs, scheduleEpochs: epochs };
}

/** Factor of the loss in an epoch, which counts from 1: it grows linearly to 1 over the warm-up. */
export const warmupFactor = (epoch: number, { lossWarmupEpochs }: { lossWarmupEpochs: number }): number =>
  Math.min(epoch / lossWarmupEpochs, 1);
