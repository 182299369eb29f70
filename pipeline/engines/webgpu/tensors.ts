/** Tensors of tfjs's that our kernels fill, and the shapes of grids. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';

/** Threads of a workgroup: what every WebGPU device has. */
export const THREADS = 256;

const MOST_WORKGROUPS = 65_535;

/** Makes tfjs know a tensor of the backend's: its scopes dispose it. */
export const tracked = (tf: Tfjs, info: TensorInfo): Tensor => tf.engine().makeTensorFromTensorInfo(info);

/** A grid of so many workgroups; the kernel counts them as `wid.y * count.x + wid.x`, and there may be a few too many. */
export function grid(workgroups: number): [number, number] {
  return workgroups <= MOST_WORKGROUPS ? [workgroups, 1] : [MOST_WORKGROUPS, Math.ceil(workgroups / MOST_WORKGROUPS)];
}

/** WGSL's head of a kernel with one thread for each of `size` elements (a number, or an expression), at index `i`. */
export const elementwise = (size: number | string): string => `
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (wid.y * count.x + wid.x) * ${THREADS}u + lane;
  if (i >= ${typeof size === 'number' ? `${size}u` : size}) { return; }`;

/** WGSL's declarations of `array<f32>` bindings, in order; names that end in `!` are written. */
export const arrays = (...names: string[]): string =>
  names
    .map(
      (name, i) =>
        `@group(0) @binding(${i}) var<storage, ${name.endsWith('!') ? 'read_write' : 'read'}> ${name.replace('!', '')}: array<f32>;`,
    )
    .join('\n');

/** A number as WGSL's float: whole ones need a point. */
export const float = (value: number): string => (/[.e]/.test(String(value)) ? String(value) : `${value}.0`);
