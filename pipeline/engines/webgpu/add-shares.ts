/** Sums of the shares that workgroups wrote. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, grid, THREADS, tracked } from './tensors.ts';

/** Fewer elements than this do not fill a GPU with a thread each. */
const MANY = 16_384;

/** Elements of a workgroup, and threads that go over each one's shares. */
const ELEMENTS = 32;
const LANES = THREADS / ELEMENTS;

const threadAnElement: WgslKernel = {
  key: 'add-shares/one',
  code: () => `${arrays('pieces', 'sum!')}
@group(0) @binding(2) var<uniform> g: vec4<u32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (wid.y * count.x + wid.x) * 64u + lane;
  if (i >= g.y) { return; }
  var total = 0.0;
  for (var share = 0u; share < g.x; share++) { total += pieces[share * g.y + i]; }
  sum[i] = total;
}`,
};

const threadsAnElement: WgslKernel = {
  key: 'add-shares/several',
  code: () => `${arrays('pieces', 'sum!')}
@group(0) @binding(2) var<uniform> g: vec4<u32>;
var<workgroup> partial: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (wid.y * count.x + wid.x) * ${ELEMENTS}u + lane % ${ELEMENTS}u;
  var total = 0.0;
  if (i < g.y) {
    for (var share = lane / ${ELEMENTS}u; share < g.x; share += ${LANES}u) { total += pieces[share * g.y + i]; }
  }
  partial[lane] = total;
  for (var half = ${THREADS / 2}u; half >= ${ELEMENTS}u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane < ${ELEMENTS}u && i < g.y) { sum[i] = partial[lane]; }
}`,
};

/** @param pieces `[shares, size]`; disposed @returns their sums in `shape` */
export function addShares(tf: Tfjs, backend: WebgpuBackend, pieces: Tensor, shape: number[]): Tensor {
  const [shares, size] = pieces.shape;
  const sum = tracked(tf, backend.allocate(shape));
  const several = size < MANY && shares >= 2 * LANES;
  backend.run(
    several ? threadsAnElement : threadAnElement,
    [pieces, sum],
    grid(Math.ceil(size / (several ? ELEMENTS : 64))),
    Uint32Array.of(shares, size, 0, 0),
  );
  pieces.dispose();
  return sum;
}
