/** Optimizers and running statistics in one pass over each tensor, where it lies. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { InPlaceUpdate, InPlaceUpdates } from '../engine.ts';
import type { updateKernels } from './elementwise-kernels.ts';

/** The kernels' memory, with the places of the tensors in it. */
export interface UpdatedMemory {
  run: Record<keyof typeof updateKernels, (...parameters: number[]) => void>;
  /** Address in bytes; for given values it holds until the next call. */
  address(tensor: Tensor): number;
  /** Called after a tensor was changed. */
  changed(tensor: Tensor): void;
}

export function createWasmUpdates({ run, address, changed }: UpdatedMemory): InPlaceUpdates {
  /** @param visit updates the tensors of one place in the lists, which hold `count` values each */
  const each = <Numbers extends number[]>(
    updated: readonly (readonly Tensor[])[],
    visit: (addresses: number[], given: number, count: number, i: number, numbers: Numbers) => void,
  ): InPlaceUpdate<Numbers> => ({
    apply(given, ...numbers) {
      for (const [i, { size }] of updated[0].entries()) {
        visit(
          updated.map((tensors) => address(tensors[i])),
          address(given[i]),
          size,
          i,
          numbers,
        );
        for (const tensors of updated) changed(tensors[i]);
      }
    },
    dispose() {},
  });

  return {
    sgd: (parameters, velocities, { momentum, weightDecay, nesterov }) =>
      each<[number]>([parameters, velocities], ([p, v], g, count, _i, [rate]) =>
        (nesterov ? run.sgdNesterov : run.sgd)(p, v, g, count, rate, momentum, weightDecay),
      ),

    adamw: (parameters, firstMoments, secondMoments, { decays, beta1, beta2, epsilon }) =>
      each<[number, number, number]>([parameters, firstMoments, secondMoments], ([p, m, v], g, count, i, [rate, kept, correction]) =>
        run.adamw(p, m, v, g, count, rate, decays[i] ? kept : 1, correction, beta1, 1 - beta1, beta2, 1 - beta2, epsilon),
      ),

    blend: (running, share) => each<[]>([running], ([r], given, count) => run.blend(r, given, count, 1 - share, share)),
  };
}
