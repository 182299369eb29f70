/** Preprocessing of exports that take colours, whatever the network inside takes. */
import type { Preprocessing } from '@sld-edge/runtime';

/** Three channels for every network; a grey one's mean and deviation are those of each colour, since luma is a weighted mean. */
export const colourPreprocessing = (p: Preprocessing): Preprocessing => ({ ...p, channels: 3, mean: tripled(p.mean), std: tripled(p.std) });

const tripled = (values: readonly number[]): number[] => (values.length === 1 ? [0, 1, 2].map(() => values[0]) : [...values]);
