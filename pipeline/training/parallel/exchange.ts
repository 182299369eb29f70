/** Exchanges a replica's results for the mean over all replicas. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { Network } from '../../networks/graph.ts';
import { elementCount, stateSpec } from '../../networks/state.ts';
import type { StepResults } from '../step.ts';
import type { Member } from './all-reduce.ts';

/** Losses that a method may name. */
const MOST_LOSSES = 64;

/** Numbers that a step of the network exchanges at most: every gradient, every batch norm's statistics, the losses. */
export const exchangedCount = (network: Network): number =>
  stateSpec(network).reduce((sum, { shape }) => sum + elementCount(shape), MOST_LOSSES);

/**
 * The means of gradients, losses and statistics over the members' shares, in place of `own`, which is disposed.
 * Shares are of one size, so a mean of means is that of the whole batch.
 * @throws Stopped
 */
export async function meanOverReplicas(tf: Tfjs, member: Member, own: StepResults): Promise<StepResults> {
  const shapes: number[][] = [];
  let length = 0;
  const give = (tensor: Tensor): void => {
    const values = tensor.dataSync();
    tensor.dispose();
    member.slot.set(values, length);
    length += values.length;
    shapes.push(tensor.shape);
  };
  visit(own, give);
  const means = await member.sum(length, 1 / member.members);
  let at = 0;
  const take = (): Tensor => {
    const shape = shapes.shift()!;
    const size = elementCount(shape);
    at += size;
    return tf.tensor(means.subarray(at - size, at), shape, 'float32');
  };
  return visit(own, take);
}

/** Sums of whole numbers below 2^24 over the members. @throws Stopped */
export async function totalOverReplicas(member: Member, counts: readonly number[]): Promise<number[]> {
  member.slot.set(counts);
  return [...(await member.sum(counts.length))];
}

/** Everything that is exchanged, in an order that all members share. */
function visit<T>(
  { gradients, losses, statistics }: StepResults,
  each: (tensor: Tensor) => T,
): { gradients: Record<string, T>; losses: Record<string, T>; statistics: { name: string; mean: T; variance: T }[] } {
  const ofRecord = (tensors: Record<string, Tensor>): Record<string, T> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, each(tensor)]));
  return {
    gradients: ofRecord(gradients),
    losses: ofRecord(losses),
    statistics: statistics.map(({ name, mean, variance }) => ({ name, mean: each(mean), variance: each(variance) })),
  };
}
