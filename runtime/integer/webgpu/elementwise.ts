/** Operations on each value by itself, four channels of a pixel a thread: pixels to activations, sums, factors, tables, products. */
import type { GpuKernel } from './wgsl.ts';

/** Pixels are bytes one behind the other; behind the channels nothing is read. `table` holds a factor and an offset of each channel. */
export const inputKernel: GpuKernel = {
  fields: ['y', 'words', 'channels', 'imageBytes', 'table', 'shift', 'low', 'high'],
  body: `
  let word = thread % p.words;
  var value = vec4<i32>(0);
  for (var lane = 0; lane < min(4, p.channels - 4 * word); lane++) {
    let at = u32(index * p.imageBytes + thread / p.words * p.channels + 4 * word + lane);
    value[lane] = i32((pixels[at / 4u] >> (at % 4u * 8u)) & 255u);
  }
  let sum = value * constants[p.table + 2 * word] + constants[p.table + 2 * word + 1];
  arena[image + p.y + thread] = activation(requantize(sum, vec4<i32>(1), vec4<i32>(p.shift)), p.low, p.high);`,
};

export const affineKernel: GpuKernel = {
  fields: ['x', 'y', 'words', 'table', 'shift', 'low', 'high'],
  body: `
  let table = p.table + 2 * (thread % p.words);
  let sum = unpacked(arena[image + p.x + thread]) * constants[table] + constants[table + 1];
  arena[image + p.y + thread] = activation(requantize(sum, vec4<i32>(1), vec4<i32>(p.shift)), p.low, p.high);`,
};

export const addKernel: GpuKernel = {
  fields: ['first', 'second', 'y', 'firstFactor', 'secondFactor', 'offset', 'shift', 'low', 'high'],
  body: `
  let first = unpacked(arena[image + p.first + thread]) * p.firstFactor;
  let second = unpacked(arena[image + p.second + thread]) * p.secondFactor;
  let sum = requantize(first + second + p.offset, vec4<i32>(1), vec4<i32>(p.shift));
  arena[image + p.y + thread] = activation(sum, p.low, p.high);`,
};

/** `table` holds sixteen entries in each four numbers. */
export const tableKernel: GpuKernel = {
  fields: ['x', 'y', 'table'],
  body: `
  let value = unpacked(arena[image + p.x + thread]);
  var result = vec4<i32>(0);
  for (var lane = 0; lane < 4; lane++) {
    let entry = value[lane];
    result[lane] = (constants[p.table + entry / 16][entry / 4 % 4] >> u32(entry % 4 * 8)) & 255;
  }
  arena[image + p.y + thread] = packed(result);`,
};

/** The second input is a map of as many words as the first, or of one pixel's. */
export const multiplyKernel: GpuKernel = {
  fields: ['first', 'second', 'secondWords', 'y', 'firstZero', 'secondZero', 'multiplier', 'shift', 'zeroPoint', 'low', 'high'],
  body: `
  let first = unpacked(arena[image + p.first + thread]) - p.firstZero;
  let second = unpacked(arena[image + p.second + thread % p.secondWords]) - p.secondZero;
  let product = requantize(first * second, vec4<i32>(p.multiplier), vec4<i32>(p.shift));
  arena[image + p.y + thread] = activation(product + p.zeroPoint, p.low, p.high);`,
};
