/**
 * A factor for each channel of a residual branch (Touvron et al. 2021, arXiv 2103.17239). The convolution before takes it in
 * when a network is frozen. State: the name itself, [channels] or, as torchvision has it, [channels, 1, 1].
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { layouts } from '../layout.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  /** Name of the state entry. */
  name: string;
  /** Dimensions of 1 behind the channels. */
  trailing: 0 | 2;
}

/** At the start a block is all but its shortcut. */
const START = 1e-6;

export const layerScale: Operation<'layerScale', Attributes> = {
  op: 'layerScale',
  shape: ([from]) => from,
  parameters: ({ name, trailing, shape }) => [
    {
      name,
      shape: [shape.at(-1)!, ...Array<number>(trailing).fill(1)],
      trainable: true,
      layout: layouts.same,
      initialise: (data) => void data.fill(START),
    },
  ],
  forward: ({ name, shape }, [x], { engine: { tf }, parameter }) => tf.mul(x, tf.reshape(parameter<Tensor>(name), [shape.at(-1)!])),
  freeze({ name }, { value, foldScale }) {
    const scale = value(name);
    if (!foldScale(scale, new Float32Array(scale.length)))
      throw new Error(`${name}: no convolution before it takes a factor of each channel`);
    return undefined;
  },
};
