/** The computing part of a step, repeated over an epoch where the engine can (`engines/repetition.ts`). */
import type { Tensor } from '@tensorflow/tfjs-core';
import { createRepetition } from '../engines/repetition.ts';
import type { StepBatch, StepParts, StepResults } from './step.ts';

type Compute = (batch: StepBatch) => StepResults;

/** What an epoch is known by: a method's terms may change from one to the next. */
const kindOf = ({ epoch, images, labels, teacherLogits }: StepBatch): string => [epoch, images.length, labels.length, teacherLogits?.length].join('/');

/** @returns `compute`, repeated where that can be; and how to free what it keeps */
export function repeated({ engine, device }: Pick<StepParts, 'engine' | 'device'>, compute: Compute): { compute: Compute; dispose(): void } {
  const repetition = createRepetition(engine, [...device.parameters.values()]);
  let names: Names;
  return {
    compute(batch) {
      const inputs = [batch.images, batch.labels, ...(batch.teacherLogits ? [batch.teacherLogits] : [])];
      const outputs = repetition.run(kindOf(batch), inputs, () => {
        const results = compute(batch);
        names = namesOf(results);
        return tensorsOf(results);
      });
      return named(names, outputs);
    },
    dispose: () => repetition.dispose(),
  };
}

interface Names {
  losses: string[];
  gradients: string[];
  statistics: string[];
}

const namesOf = ({ losses, gradients, statistics }: StepResults): Names => ({ losses: Object.keys(losses), gradients: Object.keys(gradients), statistics: statistics.map(({ name }) => name) });

const tensorsOf = ({ losses, gradients, statistics }: StepResults): Tensor[] => [...Object.values(losses), ...Object.values(gradients), ...statistics.flatMap(({ mean, variance }) => [mean, variance])];

/** The tensors in the order of `tensorsOf` under their names. */
function named({ losses, gradients, statistics }: Names, tensors: Tensor[]): StepResults {
  let at = 0;
  const take = (names: string[]) => Object.fromEntries(names.map((name) => [name, tensors[at++]]));
  return {
    losses: take(losses),
    gradients: take(gradients),
    statistics: statistics.map((name) => ({ name, mean: tensors[at++], variance: tensors[at++] }) as StepResults['statistics'][number]),
  };
}
