/** Pools, four channels of a pixel a thread. A pool over the whole map has a window as large as that. */
import type { GpuKernel } from './wgsl.ts';

const WINDOW = ['x', 'height', 'width', 'y', 'words', 'columns', 'kernelRows', 'kernelColumns', 'stride', 'top', 'left'];

/** Runs `visit` for `value`, the four channels of each pixel of the window that lies in the map. */
const forWindow = (visit: string): string => `
  let word = thread % p.words;
  let column = thread / p.words % p.columns * p.stride - p.left;
  let row = thread / (p.words * p.columns) * p.stride - p.top;
  for (var y = max(0, row); y < min(p.height, row + p.kernelRows); y++) {
    for (var x = max(0, column); x < min(p.width, column + p.kernelColumns); x++) {
      let value = unpacked(arena[image + p.x + (y * p.width + x) * p.words + word]);
      ${visit}
    }
  }`;

/** No activation is below 0, so that outside the map nothing is ever the largest. */
export const maxPoolKernel: GpuKernel = {
  fields: WINDOW,
  body: `
  var largest = vec4<i32>(0);
  ${forWindow('largest = max(largest, value);')}
  arena[image + p.y + thread] = packed(largest);`,
};

export const averagePoolKernel: GpuKernel = {
  fields: [...WINDOW, 'outside', 'factor', 'bias', 'multiplier', 'shift', 'zeroPoint', 'low', 'high'],
  body: `
  var sum = vec4<i32>(0);
  var outside = p.kernelRows * p.kernelColumns;
  ${forWindow('sum += value; outside--;')}
  let scaled = p.factor * (sum + outside * p.outside) + p.bias;
  let mean = requantize(scaled, vec4<i32>(p.multiplier), vec4<i32>(p.shift));
  arena[image + p.y + thread] = activation(mean + p.zeroPoint, p.low, p.high);`,
};
