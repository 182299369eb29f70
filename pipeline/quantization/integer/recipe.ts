/** How a network is brought to integers, as text: `mse+equalise+bias`. */
import { CALIBRATION_RANGES, type Calibration } from './choose-range.ts';
import type { IntegerOptions } from './quantize-network.ts';

/** @throws Error in one line for what is no recipe */
export function parseRecipe(text: string, percentile: number): IntegerOptions {
  const [range, ...steps] = text.split('+');
  const known = ['equalise', 'bias'];
  const unknown = steps.find((step) => !known.includes(step));
  if (!CALIBRATION_RANGES.includes(range as Calibration['range']) || unknown !== undefined) {
    throw new Error(`"${text}" is no way to integers: expected ${CALIBRATION_RANGES.join(', ')}, then as wished ${known.map((step) => `+${step}`).join(' ')}`);
  }
  return { range: range as Calibration['range'], percentile, equalise: steps.includes('equalise'), correctBias: steps.includes('bias') };
}
