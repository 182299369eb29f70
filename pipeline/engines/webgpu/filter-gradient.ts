/**
 * The gradient of a convolution's filter as a product of matrices that are never written out: with m = (b, y, x) over the
 * output's pixels and k = (ky, kx, i) over a filter's weights, dW[k, o] = Σₘ X[m, k]·dY[m, o], X[m, k] the pixel that the
 * weight k met at m (0 in the padding). Workgroups take tiles of dW and share m; a second kernel adds up the shares. In
 * tfjs one thread goes over all m for its weight alone: some hundred threads for a narrow layer.
 */
import type { Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import { sidesOf } from '../padding.ts';
import { addShares } from './add-shares.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import type { ConvolutionShape } from './convolution.ts';
import { arrays, tracked } from './tensors.ts';
import { addProducts, beginSums, columnsFor, DEPTH, endSums, sharedTiles, strideOfRows, threadsOf, type Tile } from './tile-product.ts';

/** Workgroups that keep a GPU busy. */
const ENOUGH_WORKGROUPS = 1024;
const MOST_SHARES = 256;
/** Least length of a share along the inner dimension, so that its sums are worth their place. */
const LEAST_PIXELS_OF_A_SHARE = 4 * DEPTH;

function tiling(pixels: number, weights: number, outputs: number) {
  const columns = columnsFor(outputs);
  const padded = (rows: number): number => Math.ceil(weights / rows) * rows;
  // The larger of two tiles where it wastes no more.
  const [small, large] = columns === 64 ? [32, 64] : [64, 128];
  const tile: Tile = { rows: padded(large) <= padded(small) ? large : small, columns };
  const tiles = [Math.ceil(weights / tile.rows), Math.ceil(outputs / columns)];
  const shares = Math.max(
    1,
    Math.min(MOST_SHARES, Math.ceil(ENOUGH_WORKGROUPS / (tiles[0] * tiles[1])), Math.floor(pixels / LEAST_PIXELS_OF_A_SHARE)),
  );
  // Whole depths, so that only the last share has an end of its own.
  const pixelsPerShare = Math.ceil(pixels / shares / DEPTH) * DEPTH;
  return { tile, tiles, shares: Math.ceil(pixels / pixelsPerShare), pixelsPerShare };
}

/** `unused`: a uniform is made of vectors of four. */
const GEOMETRY = [
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
  'pixels',
  'weights',
  'pixelsPerShare',
  'unused0',
  'unused1',
  'unused2',
] as const;

const product = (tile: Tile): WgslKernel => {
  const threads = threadsOf(tile);
  const [fourRows, fourColumns] = [tile.rows / 4, tile.columns / 4];
  const each = <T>(text: (i: number) => T): T[] => [0, 1, 2, 3].map(text);
  return {
    key: `filter-gradient/${tile.rows}x${tile.columns}`,
    code: () => `
struct Geometry { ${GEOMETRY.map((name) => `${name}: u32`).join(', ')} }
${arrays('x', 'dy', 'pieces!')}
@group(0) @binding(3) var<uniform> g: Geometry;
${sharedTiles(tile)}
/** Origins of the present and the next pixels: the image's first pixel, the window's first row and column. */
var<workgroup> origins: array<vec4<i32>, ${2 * DEPTH}>;

/** A weight's row, column and channel; what is no weight lies outside every image. */
fn placeOf(k: u32) -> vec3<i32> {
  let tap = k / g.channels;
  return select(vec3<i32>(-0x1000000, 0, 0), vec3<i32>(i32(tap / g.kernel), i32(tap % g.kernel), i32(k % g.channels)), k < g.weights);
}

fn originOf(m: u32, end: u32) -> vec4<i32> {
  let pixel = m % (g.outHeight * g.outWidth);
  let image = m / (g.outHeight * g.outWidth);
  let at = vec2<i32>(vec2<u32>(pixel / g.outWidth, pixel % g.outWidth) * g.stride) - vec2<i32>(i32(g.paddingTop), i32(g.paddingLeft));
  return select(vec4<i32>(0, -0x1000000, 0, 0), vec4<i32>(i32(image * g.height * g.width), at, 0), m < end);
}

fn met(origin: vec4<i32>, place: vec3<i32>) -> f32 {
  let at = origin.yz + place.xy;
  // Negative numbers are large ones.
  if ((u32(at.x) >= g.height) | (u32(at.y) >= g.width)) { return 0.0; }
  return x[u32((origin.x + at.x * i32(g.width) + at.y) * i32(g.channels) + place.z)];
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstRow = wid.x * ${tile.rows}u;
  let firstColumn = wid.y * ${tile.columns}u;
  // A thread loads the same weights' pixels throughout.
  let fourOfLane = lane % ${fourRows}u;
  ${each((i) => `let place${i} = placeOf(firstRow + fourOfLane * 4u + ${i}u);`).join('\n  ')}
  ${beginSums(tile)}
  let begin = wid.z * g.pixelsPerShare;
  let end = min(g.pixels, begin + g.pixelsPerShare);
  if (lane < ${DEPTH}u) { origins[lane] = originOf(begin + lane, end); }
  workgroupBarrier();
  var now = 0u;
  for (var base = begin; base < end; base += ${DEPTH}u) {
    for (var d = lane / ${fourRows}u; d < ${DEPTH}u; d += ${threads / fourRows}u) {
      let origin = origins[now + d];
      left[d * ${strideOfRows(tile)}u + fourOfLane] = vec4<f32>(${each((i) => `met(origin, place${i})`).join(', ')});
    }
    for (var at = lane; at < ${DEPTH * fourColumns}u; at += ${threads}u) {
      let m = base + at / ${fourColumns}u;
      let column = firstColumn + at % ${fourColumns}u * 4u;
      var four = vec4<f32>(0.0);
      if (m < end) { ${each((i) => `if (column + ${i}u < g.outputs) { four[${i}] = dy[m * g.outputs + column + ${i}u]; }`).join(' ')} }
      right[at] = four;
    }
    now = ${DEPTH}u - now;
    if (lane < ${DEPTH}u) { origins[now + lane] = originOf(base + ${DEPTH}u + lane, end); }
    workgroupBarrier();
    ${addProducts(tile)}
    workgroupBarrier();
  }
  let column = firstColumn + ownColumn;
${endSums((row, sum) => `{ let k = firstRow + ${row}; if (k < g.weights) { ${each((i) => `if (column + ${i}u < g.outputs) { pieces[(wid.z * g.weights + k) * g.outputs + column + ${i}u] = ${sum}[${i}]; }`).join(' ')} } }`)}
}`,
  };
};

/** @returns the gradient `[k, k, I, O]` for the gradient `dy` of the output */
export function filterGradient(
  tf: Tfjs,
  backend: WebgpuBackend,
  x: TensorInfo,
  dy: TensorInfo,
  { kernel, stride, padding }: ConvolutionShape,
): Tensor4D {
  const [, height, width, channels] = x.shape;
  const [batch, outHeight, outWidth, outputs] = dy.shape;
  const [top, left] = sidesOf(padding);
  const [pixels, weights] = [batch * outHeight * outWidth, kernel ** 2 * channels];
  const { tile, tiles, shares, pixelsPerShare } = tiling(pixels, weights, outputs);
  const pieces = tracked(tf, backend.allocate(shares === 1 ? [kernel, kernel, channels, outputs] : [shares, weights * outputs]));
  backend.run(
    product(tile),
    [x, dy, pieces],
    [...tiles, shares],
    Uint32Array.of(
      height,
      width,
      channels,
      outHeight,
      outWidth,
      outputs,
      kernel,
      stride,
      top,
      left,
      pixels,
      weights,
      pixelsPerShare,
      0,
      0,
      0,
    ),
  );
  return (shares === 1 ? pieces : addShares(tf, backend, pieces, [kernel, kernel, channels, outputs])) as Tensor4D;
}
