/** Levels that a layer's weights are rounded to by its inputs, and the scales that they may have. */
import { float16Bits, float16Value } from '@sld-edge/runtime/format';
import type { EncodingName } from '../encodings.ts';

export interface WeightGrid {
  /** Levels go from -largest to largest. */
  largest: number;
  /** Weights of an output, in their order, that share a scale. Absent: all. */
  groupSize?: number;
  /** Brings a scale to one that can be stored. */
  precise(scale: number): number;
  /** Scales that are tried, of the one at which the largest weight is the largest level. */
  tried: { from: number; to: number; steps: number };
  /** Outputs of more weights take the first of these scales, and their levels are not changed one by one. */
  triedUpTo: number;
}

/** Outputs of so few weights have their levels changed one by one for each scale that is tried; larger ones for the best scale alone. */
export const FEW_WEIGHTS = 32;

/** Levels of 8 bits, an integer program's. */
export const GRID_OF_8_BITS: WeightGrid = {
  largest: 127,
  precise: (scale) => scale,
  tried: { from: 1, to: 1.3, steps: 16 },
  triedUpTo: FEW_WEIGHTS,
};

/** Levels of 4 bits as packages store them. They are so few that cutting off the largest weights may pay. */
const GRID_OF_4_BITS: WeightGrid = {
  largest: 7,
  precise: (scale) => float16Value(float16Bits(scale)),
  tried: { from: 0.5625, to: 1.0625, steps: 16 },
  triedUpTo: Infinity,
};

/** Grids of the encodings whose levels are learned in a mix. */
export const LEARNED_GRIDS: Partial<Record<EncodingName, WeightGrid>> = {
  int4: GRID_OF_4_BITS,
  int4g32: { ...GRID_OF_4_BITS, groupSize: 32 },
};
