/** Says before a training what memory and time it will take. */
import type { Engine } from '../../engines/engine.ts';
import { duration } from '../../support/progress.ts';
import type { Training } from '../training.ts';
import { gigabytes, memoryLimit } from './fit-to-memory.ts';
import { memoryOfTraining } from './training-memory.ts';
import { trainingTime } from './training-time.ts';

/** Says the memory of the whole process at its peak and the time of the epochs that are left, by a few steps that change nothing. On a GPU memory is not estimated. */
export async function sayEstimate(training: Training, engine: Engine, say: (line: string) => void): Promise<void> {
  const { recipe, replicas } = training;
  const share = recipe.batchSize / replicas;
  if (recipe.microBatch > 0 && recipe.microBatch < share)
    say(
      `each batch in parts: a replica works through ${recipe.microBatch} of its ${share} images at once and sums the gradients (--micro-batch)`,
    );
  if (!engine.handle.gpu) {
    const peak = process.memoryUsage.rss() + memoryOfTraining(training).totalBytes;
    const free = process.availableMemory() + process.memoryUsage.rss();
    const advice =
      peak > free ? `; only ${gigabytes(free)} are free now: --micro-batch ${Math.max(1, Math.floor(share / 4))} needs less` : '';
    say(`memory: about ${gigabytes(peak)} at the peak, of ${gigabytes(memoryLimit())} here${advice}`);
  }
  const { secondsPerStep, totalSeconds } = await trainingTime(training, engine);
  say(
    `time: about ${duration(1000 * totalSeconds)} for the epochs that are left, ${(recipe.batchSize / secondsPerStep).toPrecision(2)} images/s`,
  );
}
