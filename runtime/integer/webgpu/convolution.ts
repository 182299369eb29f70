/**
 * Convolutions, dense, in groups and depthwise, and linear layers, which are convolutions of one pixel. A thread makes four outputs of
 * one pixel, or of four neighbours in a row. Its outputs read the same words of each pixel (`packWeights`).
 */
import type { GpuKernel } from './wgsl.ts';

/** Use of the sums: activations, activations that are added to a second map, or logits. */
export type Ending = 'activations' | 'sum' | 'logits';

/** Pixels of a thread. */
export type PixelsOfThread = 1 | 4;

const FIELDS = [
  ...['x', 'xWords', 'height', 'width', 'y', 'yWords', 'columns', 'tiles', 'blocks', 'kernel', 'stride', 'top', 'left', 'outside'],
  ...['flip', 'words', 'weights', 'outputs'],
];

const ENDING_FIELDS: Record<Ending, string[]> = {
  activations: ['zeroPoint', 'low', 'high'],
  sum: ['zeroPoint', 'low', 'high', 'other', 'ownFactor', 'otherFactor', 'offset', 'shift', 'sumLow', 'sumHigh'],
  logits: ['classes'],
};

/** Statements that write `result`, four outputs of the pixel number `pixel`. */
const WRITES: Record<Ending, string> = {
  activations: 'arena[image + p.y + pixel * p.yWords + block] = activation(result + p.zeroPoint, p.low, p.high);',
  sum: `
    let own = clamp(result + p.zeroPoint, vec4<i32>(p.low), vec4<i32>(p.high));
    let at = pixel * p.yWords + block;
    let total = own * p.ownFactor + unpacked(arena[image + p.other + at]) * p.otherFactor + p.offset;
    arena[image + p.y + at] = activation(requantize(total, vec4<i32>(1), vec4<i32>(p.shift)), p.sumLow, p.sumHigh);`,
  logits: `
    for (var lane = 0; lane < min(4, p.classes - 4 * block); lane++) { logits[index * p.classes + 4 * block + lane] = result[lane]; }`,
};

/** @param pixels of a thread, neighbours in a row */
export function convolutionKernel(ending: Ending, pixels: PixelsOfThread): GpuKernel {
  const each = (text: (i: number) => string, between = '\n'): string => Array.from({ length: pixels }, (_, i) => text(i)).join(between);
  return {
    fields: [...FIELDS, ...ENDING_FIELDS[ending]],
    body: `
  let block = thread % p.blocks;
  let column = (thread / p.blocks) % p.tiles * ${pixels};
  let row = thread / (p.blocks * p.tiles);
  let ending = p.outputs + 4 * block;
  let first = image + p.x + constants[ending + 3].x;
  ${each((i) => `var sum${i} = constants[ending];`)}
  for (var ky = 0; ky < p.kernel; ky++) {
    let y = row * p.stride + ky - p.top;
    let rowIsInside = y >= 0 && y < p.height;
    for (var kx = 0; kx < p.kernel; kx++) {
      let x = column * p.stride + kx - p.left;
      ${each(
        (i) => `
      let x${i} = x + ${i} * p.stride;
      let inside${i} = rowIsInside && x${i} >= 0 && x${i} < p.width;
      let at${i} = first + select(0, (y * p.width + x${i}) * p.xWords, inside${i});`,
      )}
      var weights = p.weights + (ky * p.kernel + kx) * p.words * p.blocks + block;
      for (var word = 0; word < p.words; word++) {
        let four = constants[weights];
        ${each((i) => `sum${i} += dots(select(u32(p.outside), arena[at${i} + word], inside${i}), four);`)}
        weights += p.blocks;
      }
    }
  }
  ${each(
    (i) => `
  ${i > 0 ? `if (column + ${i} < p.columns) ` : ''}{
    let pixel = row * p.columns + column + ${i};
    let result = requantize(sum${i}, constants[ending + 1], constants[ending + 2]);
    ${WRITES[ending]}
  }`,
  )}`,
  };
}
