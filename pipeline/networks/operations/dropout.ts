/** Dropout (Srivastava et al. 2014): in training each value is 0 with probability `rate`, the others are divided by 1 - rate. */
import type { Operation } from './operation.ts';

interface Attributes {
  rate: number;
}

export const dropout: Operation<'dropout', Attributes> = {
  op: 'dropout',
  shape: ([from]) => from,
  forward({ rate }, [x], { engine: { tf }, uniform }) {
    const kept = tf.cast(tf.greaterEqual(uniform(x.shape), rate), 'float32');
    return tf.mul(x, tf.div(kept, 1 - rate));
  },
  freeze: () => undefined,
};
