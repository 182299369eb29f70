/**
 * Stochastic depth (Huang et al. 2016, arXiv 1603.09382): in training the whole branch of a residual block is 0 for a sample
 * with probability `rate`; where it is kept it is divided by 1 - rate, so that nothing is left of it in a frozen network.
 */
import type { Operation } from './operation.ts';

interface Attributes {
  /** Rate from 0 to below 1. */
  rate: number;
}

export const dropPath: Operation<'dropPath', Attributes> = {
  op: 'dropPath',
  shape([from], { rate }) {
    if (!(rate >= 0 && rate < 1)) throw new Error(`a branch cannot be dropped at a rate of ${rate}; allowed: from 0 to below 1`);
    return from;
  },
  forward({ rate }, [x], { engine: { tf }, uniform }) {
    const kept = tf.cast(tf.greaterEqual(uniform([x.shape[0], ...x.shape.slice(1).map(() => 1)]), rate), 'float32');
    return tf.mul(x, tf.div(kept, 1 - rate));
  },
  freeze: () => undefined,
};
