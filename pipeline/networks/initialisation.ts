/** Initial values of parameters for a training from scratch; each function fills an entry in place. */
import type { Random } from '../data/augmentation/random.ts';

type Initialise = (data: Float32Array, random: Random) => void;

/** Normal of variance 2 / fan (He et al. 2015, arXiv 1502.01852). */
export const kaimingNormal = (fan: number): Initialise => normalOf(Math.sqrt(2 / fan));

/** Normal of mean 0. */
export function normalOf(deviation: number): Initialise {
  return (data, random) => {
    for (let i = 0; i < data.length; i++) data[i] = deviation * normal(random);
  };
}

/** Uniform in ±bound; PyTorch's default for linear layers and convolutions is a bound of 1/√fan-in. */
export function uniformWithin(bound: number): Initialise {
  return (data, random) => {
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * bound;
  };
}

export const ones: Initialise = (data) => {
  data.fill(1);
};

/** Standard normal by Box and Muller. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}
