/** Says what memory and time a training will take. */
import type { Engine } from '../../engines/engine.ts';
import { duration } from '../../support/progress.ts';
import type { Training } from '../training.ts';
import { gigabytes, memoryLimit } from './fit-to-memory.ts';
import { memoryOfTraining } from './training-memory.ts';
import type { TimeLeft } from './training-time.ts';

/** Says the parts of a batch, and before a training the memory of the whole process at its peak. On a GPU memory is not estimated. */
export function sayMemory(training: Training, engine: Engine, say: (line: string) => void): void {
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
}

/** Line of the time that is left, once the first steps have shown the pace. */
export const timeText = ({ recipe }: Training, { secondsPerStep, secondsLeft }: TimeLeft): string =>
  `time: about ${duration(1000 * secondsLeft)} for the epochs that are left, by the first steps: ${Number((recipe.batchSize / secondsPerStep).toPrecision(2))} images/s`;
