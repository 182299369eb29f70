/** Time of a training by the pace of its networks: known from passes of them before it, or from its own first steps. */
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { elementCount, multiplyAdds } from '../../networks/state.ts';
import type { Training } from '../training.ts';

/** Work of an epoch. */
export interface EpochWork {
  /** Training images, those without a label among them. */
  trained: number;
  batchSize: number;
  /** Views of an image. */
  views: number;
  /** Images whose accuracy is measured at its end. */
  measured: number;
}

export interface TrainingPace {
  /** One view of one image in a training step: made, shown to the teacher, learnt from. */
  secondsPerView: number;
  secondsPerMeasured: number;
}

/** Time of a view in a training step over that of a pass of inference: forward without folding, and backward. */
const TRAINING_PASSES = 3;
/** Steps before those that are timed: engines trace the first two. */
const WARM_UP_STEPS = 2;
const LEAST_STEPS = 3;
const LEAST_MS = 2000;
/** Steps that are read together come at the same time. */
const SAME_MS = 1;

/** Pace of a training that has not begun. @param student seconds that a pass of inference takes an image, @param teacher likewise; 0: none is asked */
export const paceOfPasses = (student: number, teacher: number): TrainingPace => ({
  secondsPerView: TRAINING_PASSES * student + teacher,
  secondsPerMeasured: student,
});

/** Seconds of an epoch with the measurement after it. An incomplete last batch is left out. */
export function epochSeconds(
  { trained, batchSize, views, measured }: EpochWork,
  { secondsPerView, secondsPerMeasured }: TrainingPace,
): number {
  return Math.floor(trained / batchSize) * batchSize * views * secondsPerView + measured * secondsPerMeasured;
}

export interface TimeLeft {
  secondsPerStep: number;
  secondsLeft: number;
}

export interface PaceWatch {
  /** @returns the time that is left, once: as soon as enough steps were seen, at the latest after the first epoch's last */
  onStep(at: { step: number; stepsPerEpoch: number }): TimeLeft | undefined;
}

/** Watches the first steps of a training. @param now a clock in milliseconds */
export function watchPace(training: Training, now: () => number = () => performance.now()): PaceWatch {
  const { network, recipe, views, train, validation, trainingProbe, start, teacher } = training;
  const teacherPasses = teacher?.kind === 'network' ? passCost(teacher.network) / multiplyAdds(network) : 0;
  const work: EpochWork = {
    trained: train.labels.length,
    batchSize: recipe.batchSize,
    views: views.length,
    measured: validation.labels.length + trainingProbe.labels.length,
  };
  const reads: { step: number; ms: number }[] = [];
  let isSaid = false;
  return {
    onStep({ step, stepsPerEpoch }) {
      if (isSaid || step < Math.min(WARM_UP_STEPS, stepsPerEpoch - 1)) return undefined;
      const ms = now();
      const read = reads.at(-1);
      if (read && ms - read.ms < SAME_MS) read.step = step;
      else reads.push({ step, ms });
      // All steps of the last read may not have come yet.
      const isEnd = step === stepsPerEpoch;
      const [first] = reads;
      const last = reads.at(isEnd ? -1 : -2);
      if (!last || last === first) return undefined;
      const steps = last.step - first.step;
      if (!isEnd && (steps < LEAST_STEPS || last.ms - first.ms < LEAST_MS)) return undefined;
      isSaid = true;
      const secondsPerStep = (last.ms - first.ms) / 1000 / steps;
      const secondsPerView = secondsPerStep / (work.batchSize * work.views);
      const epoch = epochSeconds(work, { secondsPerView, secondsPerMeasured: secondsPerView / (TRAINING_PASSES + teacherPasses) });
      return { secondsPerStep, secondsLeft: (recipe.epochs - start.epochsDone) * epoch - step * secondsPerStep };
    },
  };
}

/** Multiplications and additions of a frozen network's pass: each weight is used once at each place of its layer's output. */
const passCost = ({ nodes }: FrozenNetwork): number =>
  nodes.reduce((sum, { shape, constants }) => {
    const weights = Math.max(0, ...Object.values(constants).map(({ data }) => data.length));
    return sum + elementCount(shape.slice(0, -1)) * weights;
  }, 0);
