/**
 * A convolution, and the gradient of its input, as a product of matrices of which the first is never written out. Rows are
 * the pixels of the result, columns its channels, the inner dimension runs over a window's taps and the channels that are
 * read: 16 of them at a time are gathered into shared memory.
 *
 * The gradient of the input, pixel (r, c): Σ dy[(r + p - ky)/s, (c + p - kx)/s]·w[ky, kx] over the taps where these divide.
 * Which taps do depends on r mod s and c mod s alone; each of the s² kinds of pixels (the grid's third dimension) goes over
 * its own taps, so that no product with an inserted zero is made.
 */
import type { Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import { sidesOf, windowCounts, type Padding } from '../padding.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { grid, tracked } from './tensors.ts';
import { addProducts, beginSums, columnsFor, DEPTH, endSums, sharedTiles, strideOfRows, threadsOf, type Tile } from './tile-product.ts';

/** Workgroups below which half the tile's rows serve a GPU better. */
const FEW_WORKGROUPS = 512;

export type FusedActivation = 'none' | 'relu' | 'relu6';

interface Variant {
  of: 'output' | 'input';
  tile: Tile;
  /** Channels of the result come in fours. */
  vectors: boolean;
  bias: boolean;
  activation: FusedActivation;
}

/** Order of the numbers of `Geometry`. `channels` are read, `outputs` written; the filter is [kernel, kernel, I, O] either way. */
const GEOMETRY = [
  'batch',
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'outputs',
  'kernel',
  'stride',
  'paddingTop',
  'paddingLeft',
  'unused0',
] as const;

/** The taps that a workgroup's pixels meet, the first pixel of their kind, and its distance from the window's first pixel. */
const taps = (of: Variant['of']): string =>
  of === 'output'
    ? `
  let first = vec2<u32>(0u);
  let every = 1u;
  let rows = vec2<u32>(g.outHeight, g.outWidth);
  let step = i32(g.stride);
  let begin = -vec2<i32>(padding);
  let taps = vec2<u32>(g.kernel);`
    : `
  let first = vec2<u32>(wid.z / g.stride, wid.z % g.stride);
  let every = g.stride;
  let rows = (vec2<u32>(g.outHeight, g.outWidth) + every - 1u - first) / every;
  let step = 1;
  let firstTap = (first + padding) % g.stride;
  let begin = vec2<i32>((first + padding) / g.stride);
  let taps = (vec2<u32>(max(g.kernel, firstTap.x), max(g.kernel, firstTap.y)) - firstTap + g.stride - 1u) / g.stride;`;

const activated = (activation: FusedActivation, value: string): string =>
  activation === 'none'
    ? value
    : activation === 'relu'
      ? `max(${value}, vec4<f32>(0.0))`
      : `clamp(${value}, vec4<f32>(0.0), vec4<f32>(6.0))`;

function kernelOf({ of, tile, vectors, bias, activation }: Variant): WgslKernel {
  const threads = threadsOf(tile);
  const fourColumns = tile.columns / 4;
  const type = vectors ? 'vec4<f32>' : 'f32';
  const each = (text: (c: number) => string): string => [0, 1, 2, 3].map(text).join(' ');
  /** Four of the filter's weights at `depth` for the columns from `column`. */
  const weights =
    of === 'output'
      ? `
      let column = firstColumn + at % ${fourColumns}u * 4u;
      let depth = base + at / ${fourColumns}u;
      var four = vec4<f32>(0.0);
      if (depth < inner) {
        ${vectors ? `if (column < g.outputs) { four = w[(depth * g.outputs + column) / 4u]; }` : each((c) => `if (column + ${c}u < g.outputs) { four[${c}] = w[depth * g.outputs + column + ${c}u]; }`)}
      }
      right[at] = four;`
      : `
      let column = firstColumn + at / ${DEPTH}u * 4u;
      let depth = base + at % ${DEPTH}u;
      var four = vec4<f32>(0.0);
      if (depth < inner) {
        let tap = depth / g.channels;
        let ky = firstTap.x + tap / taps.y * g.stride;
        let kx = firstTap.y + tap % taps.y * g.stride;
        let start = ((ky * g.kernel + kx) * g.outputs + column) * g.channels + depth % g.channels;
        ${each((c) => `if (column + ${c}u < g.outputs) { four[${c}] = w[start + ${c}u * g.channels]; }`)}
      }
      right[at % ${DEPTH}u * ${fourColumns}u + at / ${DEPTH}u] = four;`;
  return {
    key: `convolution/${of}/${tile.rows}x${tile.columns}/${vectors}/${bias}/${activation}`,
    code: () => `
struct Geometry { ${GEOMETRY.map((name) => `${name}: u32`).join(', ')} }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<${of === 'output' ? type : 'f32'}>;
@group(0) @binding(2) var<storage, read_write> y: array<${type}>;
${bias ? `@group(0) @binding(3) var<storage, read> bias: array<${type}>;` : ''}
@group(0) @binding(${bias ? 4 : 3}) var<uniform> g: Geometry;
${sharedTiles(tile)}
/** Origin of each row: the image's first pixel, the window's first row and column, the pixel that is written (-1: none). */
var<workgroup> origins: array<vec4<i32>, ${tile.rows}>;

fn pixel(origin: vec4<i32>, offset: vec2<i32>, channel: u32) -> f32 {
  let at = origin.yz + offset;
  // Negative numbers are large ones.
  if ((u32(at.x) >= g.height) | (u32(at.y) >= g.width)) { return 0.0; }
  return x[u32(origin.x + at.x * i32(g.width) + at.y) * g.channels + channel];
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let padding = vec2<u32>(g.paddingTop, g.paddingLeft);
  ${taps(of)}
  let tilesAcross = (g.outputs + ${tile.columns - 1}u) / ${tile.columns}u;
  let own = wid.y * count.x + wid.x;
  let firstColumn = own % tilesAcross * ${tile.columns}u;
  let firstRow = own / tilesAcross * ${tile.rows}u;
  let pixels = rows.x * rows.y;
  if (firstRow >= g.batch * pixels) { return; }
  for (var row = lane; row < ${tile.rows}u; row += ${threads}u) {
    let m = firstRow + row;
    let image = m / pixels;
    let at = vec2<u32>(m % pixels / rows.y, m % pixels % rows.y);
    let written = first + at * every;
    var origin = vec4<i32>(i32(image * g.height * g.width), vec2<i32>(at) * step + begin, i32((image * g.outHeight + written.x) * g.outWidth + written.y));
    if (image >= g.batch) { origin = vec4<i32>(0, -0x1000000, 0, -1); }
    origins[row] = origin;
  }
  workgroupBarrier();
  ${beginSums(tile)}
  let inner = taps.x * taps.y * g.channels;
  for (var base = 0u; base < inner; base += ${DEPTH}u) {
    let k = base + lane % ${DEPTH}u;
    let channel = k % g.channels;
    let tap = k / g.channels;
    let offset = ${of === 'output' ? '' : '-'}vec2<i32>(i32(tap / taps.y), i32(tap % taps.y));
    for (var four = lane / ${DEPTH}u; four < ${tile.rows / 4}u; four += ${threads / DEPTH}u) {
      var values = vec4<f32>(0.0);
      if (k < inner) {
        values = vec4<f32>(${[0, 1, 2, 3].map((i) => `pixel(origins[four * 4u + ${i}u], offset, channel)`).join(', ')});
      }
      left[lane % ${DEPTH}u * ${strideOfRows(tile)}u + four] = values;
    }
    for (var at = lane; at < ${DEPTH * fourColumns}u; at += ${threads}u) {${weights}
    }
    workgroupBarrier();
    ${addProducts(tile)}
    workgroupBarrier();
  }
  let column = firstColumn + ownColumn;
  if (column >= g.outputs) { return; }
  ${bias ? (vectors ? 'let shift = bias[column / 4u];' : `var shift = vec4<f32>(0.0); ${each((c) => `if (column + ${c}u < g.outputs) { shift[${c}] = bias[column + ${c}u]; }`)}`) : ''}
${endSums((row, sum) => {
  const value = activated(activation, bias ? `${sum} + shift` : sum);
  const write = vectors
    ? `y[(u32(to) * g.outputs + column) / 4u] = ${value};`
    : `let four = ${value}; ${each((c) => `if (column + ${c}u < g.outputs) { y[u32(to) * g.outputs + column + ${c}u] = four[${c}]; }`)}`;
  return `{ let to = origins[${row}].w; if (to >= 0) { ${write} } }`;
})}
}`,
  };
}

/** Threads of a workgroup: 128, or 64 where there would be few workgroups. */
function tileFor(pixels: number, outputs: number): Tile {
  const columns = columnsFor(outputs);
  const rows = 4096 / columns;
  return Math.ceil(pixels / rows) * Math.ceil(outputs / columns) < FEW_WORKGROUPS ? { rows: rows / 2, columns } : { rows, columns };
}

export interface ConvolutionShape {
  kernel: number;
  stride: number;
  padding: Padding;
}

/** `[B, H, W, I]` by `[k, k, I, O]`, with what follows in the same pass. */
export function convolution(
  tf: Tfjs,
  backend: WebgpuBackend,
  x: TensorInfo,
  filter: TensorInfo,
  { kernel, stride, padding }: ConvolutionShape,
  bias?: TensorInfo,
  activation: FusedActivation = 'none',
): Tensor4D {
  return tracked(tf, convolutionInfo(backend, x, filter, { kernel, stride, padding }, bias, activation)) as Tensor4D;
}

/** Computes like `convolution`, for tfjs's registry of kernels, which tracks tensors itself. */
export function convolutionInfo(
  backend: WebgpuBackend,
  x: TensorInfo,
  filter: TensorInfo,
  { kernel, stride, padding }: ConvolutionShape,
  bias?: TensorInfo,
  activation: FusedActivation = 'none',
): TensorInfo {
  const [batch, height, width, channels] = x.shape;
  const outputs = filter.shape[3];
  const [outHeight, outWidth] = windowCounts([height, width], kernel, stride, padding);
  const [top, left] = sidesOf(padding);
  const y = backend.allocate([batch, outHeight, outWidth, outputs]);
  const tile = tileFor(batch * outHeight * outWidth, outputs);
  const variant: Variant = { of: 'output', tile, vectors: outputs % 4 === 0, bias: bias !== undefined, activation };
  const workgroups = Math.ceil((batch * outHeight * outWidth) / tile.rows) * Math.ceil(outputs / tile.columns);
  backend.run(
    kernelOf(variant),
    [x, filter, y, ...(bias ? [bias] : [])],
    grid(workgroups),
    Uint32Array.of(batch, height, width, channels, outHeight, outWidth, outputs, kernel, stride, top, left, 0),
  );
  return y;
}

/** @returns the gradient `[B, H, W, I]` for the gradient `dy` of the output */
export function inputGradient(
  tf: Tfjs,
  backend: WebgpuBackend,
  filter: TensorInfo,
  dy: TensorInfo,
  shape: readonly number[],
  { kernel, stride, padding }: ConvolutionShape,
): Tensor4D {
  const [batch, outHeight, outWidth, outputs] = shape;
  const [, height, width, channels] = dy.shape;
  const [top, left] = sidesOf(padding);
  const dx = tracked(tf, backend.allocate([...shape]));
  const pixels = batch * Math.ceil(outHeight / stride) * Math.ceil(outWidth / stride);
  const tile = tileFor(pixels * stride ** 2, outputs);
  const workgroups = grid(Math.ceil(pixels / tile.rows) * Math.ceil(outputs / tile.columns));
  backend.run(
    kernelOf({ of: 'input', tile, vectors: outputs % 4 === 0, bias: false, activation: 'none' }),
    [dy, filter, dx],
    [...workgroups, stride ** 2],
    Uint32Array.of(batch, height, width, channels, outHeight, outWidth, outputs, kernel, stride, top, left, 0),
  );
  return dx as Tensor4D;
}
