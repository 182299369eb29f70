/** Exchanges a replica's results for the mean over all replicas. */
import type { Tfjs } from '../../engines/engine.ts';
import type { Network } from '../../networks/graph.ts';
import { elementCount, stateSpec } from '../../networks/state.ts';
import { mapResults, tensorsOf, type StepResults } from '../step.ts';
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
  let length = 0;
  for (const tensor of tensorsOf(own)) {
    const values = tensor.dataSync();
    tensor.dispose();
    member.slot.set(values, length);
    length += values.length;
  }
  const means = await member.sum(length, 1 / member.members);
  let at = 0;
  return mapResults(own, ({ shape, size }) => {
    at += size;
    return tf.tensor(means.subarray(at - size, at), shape, 'float32');
  });
}

/** Sums of whole numbers below 2^24 over the members. @throws Stopped */
export async function totalOverReplicas(member: Member, counts: readonly number[]): Promise<number[]> {
  member.slot.set(counts);
  return [...(await member.sum(counts.length))];
}
