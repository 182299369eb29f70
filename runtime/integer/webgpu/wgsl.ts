/**
 * Parts that every kernel of WebGPU shares: bindings, the one rounding, bytes in words. An activation is a byte; a pixel's channels fill whole
 * words of 32 bits, so that a word is four channels.
 */

/** Threads of a workgroup. */
export const GROUP_THREADS = 64;

/** The most workgroups along one dimension that every device allows; what is left goes on in the next row of workgroups. */
export const GROUPS_OF_ROW = 65_535;

/** Bytes of a step's parameters: the alignment that every device takes as a dynamic offset. */
export const PARAMETER_BYTES = 256;

export interface GpuKernel {
  /** Parameters, each an i32, in their order; `imageWords` and `threads` come before them. */
  fields: readonly string[];
  /** Statements of one thread: its place is `thread`, the first word of its image `image`, the image's index `index`. */
  body: string;
}

/** Fields of every kernel: words of an image's activations, threads that have something to do. */
export const COMMON_FIELDS = ['imageWords', 'threads'] as const;

/**
 * Four dot products of four bytes: activations, not negative, by the weights of four outputs. The packed instruction takes signed bytes:
 * activations of 8 bits are less by 128 there (`flip`), for which the biases make up (`packWeights`).
 */
const packedDots = `
fn dots(x: u32, weights: vec4<i32>) -> vec4<i32> {
  let bytes = x ^ u32(p.flip);
  let w = bitcast<vec4<u32>>(weights);
  return vec4<i32>(dot4I8Packed(bytes, w.x), dot4I8Packed(bytes, w.y), dot4I8Packed(bytes, w.z), dot4I8Packed(bytes, w.w));
}`;

const plainDots = `
fn signedBytes(word: i32) -> vec4<i32> {
  return (vec4<i32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
}
fn dots(x: u32, w: vec4<i32>) -> vec4<i32> {
  let bytes = unpacked(x);
  return vec4<i32>(
    dot(bytes, signedBytes(w.x)), dot(bytes, signedBytes(w.y)), dot(bytes, signedBytes(w.z)), dot(bytes, signedBytes(w.w)));
}`;

/** Bytes of words, and R(a, m, s) as `requantize` of ../arithmetic.ts has it, for every shift from 1 to 46. */
const functions = `
fn unpacked(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
}
fn packed(values: vec4<i32>) -> u32 {
  let bytes = vec4<u32>(values) << vec4<u32>(0u, 8u, 16u, 24u);
  return bytes.x | bytes.y | bytes.z | bytes.w;
}
fn requantize(a: vec4<i32>, m: vec4<i32>, shift: vec4<i32>) -> vec4<i32> {
  let high = (a >> vec4<u32>(16u)) * m;
  let low = ((a & vec4<i32>(0xffff)) * m) >> vec4<u32>(16u);
  let long = vec4<u32>(max(shift, vec4<i32>(17)));
  let short = vec4<u32>(min(shift, vec4<i32>(16)));
  return select(
    (a * m + (vec4<i32>(1) << (short - 1u))) >> short,
    (high + low + (vec4<i32>(1) << (long - 17u))) >> (long - 16u),
    shift >= vec4<i32>(17));
}
fn activation(value: vec4<i32>, low: i32, high: i32) -> u32 {
  return packed(clamp(value, vec4<i32>(low), vec4<i32>(high)));
}`;

/** The whole module of a kernel. @param packedDot the device's WGSL has `packed_4x8_integer_dot_product` */
export function shaderOf({ fields, body }: GpuKernel, packedDot: boolean): string {
  const multiplies = fields.includes('flip');
  return `${multiplies && packedDot ? 'requires packed_4x8_integer_dot_product;' : ''}
struct Parameters { ${[...COMMON_FIELDS, ...fields].map((field) => `${field}: i32`).join(', ')} }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> constants: array<vec4<i32>>;
@group(0) @binding(2) var<storage, read_write> arena: array<u32>;
@group(0) @binding(3) var<storage, read> pixels: array<u32>;
@group(0) @binding(4) var<storage, read_write> logits: array<i32>;
${functions}${multiplies ? (packedDot ? packedDots : plainDots) : ''}
@compute @workgroup_size(${GROUP_THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let thread = i32((group.y * ${GROUPS_OF_ROW}u + group.x) * ${GROUP_THREADS}u + lane);
  if (thread >= p.threads) { return; }
  let index = i32(group.z);
  let image = index * p.imageWords;
${body}
}`;
}
