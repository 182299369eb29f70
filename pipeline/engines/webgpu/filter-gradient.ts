/**
 * The gradient of a convolution's filter as a product of matrices that are never written out: with m = (b, y, x) over the
 * output's pixels and k = (ky, kx, i) over a filter's weights, dW[k, o] = Σₘ X[m, k]·dY[m, o], X[m, k] the pixel that the
 * weight k met at m (0 in the padding). Workgroups take tiles of dW and share m; a second kernel adds up the shares. In
 * tfjs one thread goes over all m for its weight alone: some hundred threads for a narrow layer.
 */
import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { Kernel, WebgpuBackend } from './backend.ts';
import { arrays, elementwise, grid, THREADS, tracked } from './tensors.ts';

/** Weights of a tile, and pixels that are loaded at a time. */
const TILE_K = 32;
const TILE_M = 16;
/** A workgroup: 8 × 8 threads, each with 4 × (tile of outputs / 8) sums. */
const SIDE = 8;
/** Workgroups that keep a GPU busy. */
const ENOUGH_WORKGROUPS = 512;
const MOST_SHARES = 64;

export interface ConvolutionGeometry {
  /** `[B, H, W, I]` */
  input: readonly number[];
  /** `[B, H', W', O]` */
  output: readonly number[];
  kernel: number;
  stride: number;
  padding: number;
}

function tiling({ input, output, kernel }: ConvolutionGeometry) {
  const pixels = output[0] * output[1] * output[2];
  const weights = kernel * kernel * input[3];
  const outputs = output[3];
  const tileO = outputs <= 16 ? 16 : 32;
  const tiles = [Math.ceil(weights / TILE_K), Math.ceil(outputs / tileO)];
  const shares = Math.max(1, Math.min(MOST_SHARES, Math.ceil(ENOUGH_WORKGROUPS / (tiles[0] * tiles[1])), Math.ceil(pixels / (4 * TILE_M))));
  // Whole tiles, so that only the last share has an end of its own.
  const pixelsPerShare = Math.ceil(pixels / shares / TILE_M) * TILE_M;
  return { pixels, weights, outputs, tileO, tiles, shares: Math.ceil(pixels / pixelsPerShare), pixelsPerShare };
}

const keyOf = ({ input, output, kernel, stride, padding }: ConvolutionGeometry): string => `${input}/${output}/${kernel}/${stride}/${padding}`;

function product(geometry: ConvolutionGeometry): Kernel {
  const { input, output, kernel, stride, padding } = geometry;
  const [, height, width, channels] = input;
  const [, outHeight, outWidth] = output;
  const { pixels, weights, outputs, tileO, pixelsPerShare } = tiling(geometry);
  const perThread = tileO / SIDE;
  const [loadsX, loadsY] = [(TILE_M * TILE_K) / SIDE ** 2, (TILE_M * tileO) / SIDE ** 2];
  return {
    key: `filter-gradient/${keyOf(geometry)}`,
    code: () => `${arrays('x', 'dy', 'pieces!')}
var<workgroup> tileX: array<f32, ${TILE_M * TILE_K}>;
var<workgroup> tileY: array<f32, ${TILE_M * tileO}>;
@compute @workgroup_size(${SIDE ** 2})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstK = wid.x * ${TILE_K}u;
  let firstO = wid.y * ${tileO}u;
  // A thread loads one column of X: its weight is the same throughout.
  let k = firstK + lane % ${TILE_K}u;
  let channel = k % ${channels}u;
  let tap = k / ${channels}u;
  let ky = i32(tap / ${kernel}u) - ${padding};
  let kx = i32(tap % ${kernel}u) - ${padding};
  let threadK = (lane / ${SIDE}u) * 4u;
  let threadO = (lane % ${SIDE}u) * ${perThread}u;
  var sums: array<array<f32, ${perThread}>, 4>;
  let end = min(${pixels}u, (wid.z + 1u) * ${pixelsPerShare}u);
  for (var first = wid.z * ${pixelsPerShare}u; first < end; first += ${TILE_M}u) {
    for (var load = 0u; load < ${loadsX}u; load++) {
      let at = load * ${SIDE ** 2}u + lane;
      let m = first + at / ${TILE_K}u;
      var value = 0.0;
      if (m < end && k < ${weights}u) {
        let row = i32((m / ${outWidth}u) % ${outHeight}u * ${stride}u) + ky;
        let column = i32(m % ${outWidth}u * ${stride}u) + kx;
        if (row >= 0 && row < ${height} && column >= 0 && column < ${width}) {
          value = x[((m / ${outHeight * outWidth}u * ${height}u + u32(row)) * ${width}u + u32(column)) * ${channels}u + channel];
        }
      }
      tileX[at] = value;
    }
    for (var load = 0u; load < ${loadsY}u; load++) {
      let at = load * ${SIDE ** 2}u + lane;
      let m = first + at / ${tileO}u;
      let o = firstO + at % ${tileO}u;
      var value = 0.0;
      if (m < end && o < ${outputs}u) { value = dy[m * ${outputs}u + o]; }
      tileY[at] = value;
    }
    workgroupBarrier();
    for (var m = 0u; m < ${TILE_M}u; m++) {
      for (var a = 0u; a < 4u; a++) {
        let own = tileX[m * ${TILE_K}u + threadK + a];
        for (var b = 0u; b < ${perThread}u; b++) { sums[a][b] += own * tileY[m * ${tileO}u + threadO + b]; }
      }
    }
    workgroupBarrier();
  }
  for (var a = 0u; a < 4u; a++) {
    for (var b = 0u; b < ${perThread}u; b++) {
      let weight = firstK + threadK + a;
      let o = firstO + threadO + b;
      if (weight < ${weights}u && o < ${outputs}u) { pieces[(wid.z * ${weights}u + weight) * ${outputs}u + o] = sums[a][b]; }
    }
  }
}`,
  };
}

/** Adds up `[shares, size]`. */
const addUp = (shares: number, size: number): Kernel => ({
  key: `add-up/${shares}/${size}`,
  code: () => `${arrays('pieces', 'sum!')}
${elementwise(size)}
  var total = 0.0;
  for (var share = 0u; share < ${shares}u; share++) { total += pieces[share * ${size}u + i]; }
  sum[i] = total;
}`,
});

/** @returns the gradient `[k, k, I, O]` for the gradient `dy` of the output */
export function filterGradient(tf: Tfjs, backend: WebgpuBackend, x: TensorInfo, dy: TensorInfo, kernel: number, stride: number, padding: number): Tensor4D {
  const geometry: ConvolutionGeometry = { input: x.shape, output: dy.shape, kernel, stride, padding };
  const { weights, outputs, tiles, shares } = tiling(geometry);
  const shape = [kernel, kernel, x.shape[3], outputs];
  const run = (to: Tensor): void => backend.run(product(geometry), [x, dy, to], [...tiles, shares]);
  const gradient = tracked(tf, backend.allocate(shape)) as Tensor4D;
  if (shares === 1) {
    run(gradient);
    return gradient;
  }
  const pieces = tracked(tf, backend.allocate([shares, weights * outputs]));
  run(pieces);
  backend.run(addUp(shares, weights * outputs), [pieces, gradient], grid(Math.ceil((weights * outputs) / THREADS)));
  pieces.dispose();
  return gradient;
}
