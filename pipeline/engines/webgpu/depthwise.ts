/**
 * A depthwise convolution whose filter's gradient is a kernel of ours: dw[ky, kx, c] = Σ over images and pixels of dy times
 * the pixels of x that this weight met. Threads lie over channels and share the pixels, each with the sums of all taps of
 * its channel; a second kernel adds up the shares. In tfjs one thread goes over all pixels for its weight alone. Forward and
 * the input's gradient, which have a thread for every element, are tfjs's.
 */
import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Save, Tfjs, TrainingOps } from '../engine.ts';
import { sidesOf, windowPadding, type Padding } from '../padding.ts';
import { addShares } from './add-shares.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, THREADS, tracked } from './tensors.ts';

const ENOUGH_WORKGROUPS = 512;
const MOST_SHARES = 256;
/** Least number of pixels of a thread. */
const LEAST_PIXELS = 8;

/** Number of threads whose sums fit into the shared memory that every device has, 16 kB. */
const threadsFor = (kernel: number): number => Math.min(THREADS, 2 ** Math.floor(Math.log2(4096 / kernel ** 2)));

const GEOMETRY = [
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'stride',
  'paddingTop',
  'paddingLeft',
  'pixels',
  'pixelsPerShare',
  'unused0',
  'unused1',
] as const;

const sumsOfTaps = (kernel: number, across: number): WgslKernel => {
  const threads = threadsFor(kernel);
  const down = threads / across;
  const taps = Array.from({ length: kernel ** 2 }, (_, tap) => ({ ky: Math.floor(tap / kernel), kx: tap % kernel, sum: `sum${tap}` }));
  return {
    key: `depthwise-filter-gradient/${kernel}/${across}`,
    code: () => `
struct Geometry { ${GEOMETRY.map((name) => `${name}: u32`).join(', ')} }
${arrays('x', 'dy', 'pieces!')}
@group(0) @binding(3) var<uniform> g: Geometry;
var<workgroup> lanes: array<f32, ${threads * taps.length}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let c = wid.y * ${across}u + lane % ${across}u;
  ${taps.map(({ sum }) => `var ${sum} = 0.0;`).join(' ')}
  if (c < g.channels) {
    let end = min(g.pixels, (wid.x + 1u) * g.pixelsPerShare);
    for (var m = wid.x * g.pixelsPerShare + lane / ${across}u; m < end; m += ${down}u) {
      let pixel = m % (g.outHeight * g.outWidth);
      let image = m / (g.outHeight * g.outWidth);
      let top = i32(pixel / g.outWidth * g.stride) - i32(g.paddingTop);
      let left = i32(pixel % g.outWidth * g.stride) - i32(g.paddingLeft);
      let own = dy[m * g.channels + c];
      ${taps
        .map(
          // Without branches: compilers take them ill in such numbers.
          ({ ky, kx, sum }) => `{
        let row = u32(top + ${ky});
        let column = u32(left + ${kx});
        let inside = (row < g.height) & (column < g.width);
        ${sum} += own * select(0.0, x[select(0u, ((image * g.height + row) * g.width + column) * g.channels + c, inside)], inside);
      }`,
        )
        .join('\n      ')}
    }
  }
  ${taps.map(({ sum }, tap) => `lanes[${tap * threads}u + lane] = ${sum};`).join(' ')}
  for (var half = ${threads / 2}u; half >= ${across}u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var at = lane; at < ${taps.length * threads}u; at += ${threads}u) { lanes[at] += lanes[at + half]; }
    }
  }
  workgroupBarrier();
  if (lane < ${across}u && c < g.channels) {
    for (var tap = 0u; tap < ${taps.length}u; tap++) { pieces[(wid.x * ${taps.length}u + tap) * g.channels + c] = lanes[tap * ${threads}u + lane]; }
  }
}`,
  };
};

function filterGradient(
  tf: Tfjs,
  backend: WebgpuBackend,
  x: TensorInfo,
  dy: TensorInfo,
  kernel: number,
  stride: number,
  padding: Padding,
): Tensor {
  const [, height, width, channels] = x.shape;
  const [batch, outHeight, outWidth] = dy.shape;
  const [top, left] = sidesOf(padding);
  const across = channels <= 16 ? 16 : channels <= 32 ? 32 : 64;
  const pixels = batch * outHeight * outWidth;
  const groupsAcross = Math.ceil(channels / across);
  const wanted = Math.min(
    MOST_SHARES,
    Math.ceil(ENOUGH_WORKGROUPS / groupsAcross),
    Math.ceil(pixels / ((threadsFor(kernel) / across) * LEAST_PIXELS)),
  );
  const pixelsPerShare = Math.ceil(pixels / wanted);
  const shares = Math.ceil(pixels / pixelsPerShare);
  const pieces = tracked(tf, backend.allocate([shares, kernel ** 2 * channels]));
  backend.run(
    sumsOfTaps(kernel, across),
    [x, dy, pieces],
    [shares, groupsAcross],
    Uint32Array.of(height, width, channels, outHeight, outWidth, stride, top, left, pixels, pixelsPerShare, 0, 0),
  );
  return addShares(tf, backend, pieces, [kernel, kernel, channels, 1]);
}

export function createDepthwise(tf: Tfjs, backend: WebgpuBackend): TrainingOps['depthwiseConv2d'] {
  return (x, filter, stride, padding) => {
    const kernel = filter.shape[0];
    const pad = windowPadding(padding);
    const convolution = tf.customGrad((x, filter, save) => {
      (save as Save)([x as Tensor, filter as Tensor]);
      return {
        value: tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, pad),
        gradFunc: (dy: Tensor, [x, filter]: Tensor[]) => [
          tf
            .engine()
            .runKernel(
              'DepthwiseConv2dNativeBackpropInput',
              { dy, filter },
              { inputShape: x.shape, strides: stride, pad, dilations: 1 },
            ) as Tensor,
          filterGradient(tf, backend, x, dy, kernel, stride, padding),
        ],
      };
    });
    return convolution(x, filter) as Tensor4D;
  };
}
