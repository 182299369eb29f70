/** Channels that lie apart or in another order, brought together: four of a pixel a thread. */
import type { GpuKernel } from './wgsl.ts';

/**
 * `table` tells of each channel of the result the word of its first pixel, the place in that word in bits, and the words from a row to the
 * next and from a pixel to the next. A first word of -1: the zero point everywhere.
 */
export const moveKernel: GpuKernel = {
  fields: ['y', 'words', 'columns', 'table', 'zeroPoint'],
  body: `
  let pixel = thread / p.words;
  var result = vec4<i32>(p.zeroPoint);
  for (var lane = 0; lane < 4; lane++) {
    let source = constants[p.table + 4 * (thread % p.words) + lane];
    if (source.x >= 0) {
      let at = image + source.x + pixel / p.columns * source.z + pixel % p.columns * source.w;
      result[lane] = i32((arena[at] >> u32(source.y)) & 255u);
    }
  }
  arena[image + p.y + thread] = packed(result);`,
};
