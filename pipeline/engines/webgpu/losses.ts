/**
 * The losses of distillation as kernels of tfjs's registry, one workgroup a row, the gradients beside the values:
 * `distillers/softened-kl.ts` uses them where the backend has them.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, grid } from './tensors.ts';

/** Threads of a row. */
const THREADS = 64;

const head = (rows: number, shared: string): string => `
${shared}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = wid.y * count.x + wid.x;
  if (row >= ${rows}u) { return; }`;

/** Reduces every thread's `value` to the row's, by `combine`; all threads get it. */
const reduced = (name: string, type: string, combine: (a: string, b: string) => string): string => `
var<workgroup> ${name}Lanes: array<${type}, ${THREADS}>;
fn ${name}(value: ${type}, lane: u32) -> ${type} {
  ${name}Lanes[lane] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { ${name}Lanes[lane] = ${combine(`${name}Lanes[lane]`, `${name}Lanes[lane + half]`)}; }
    workgroupBarrier();
  }
  let all = ${name}Lanes[0];
  workgroupBarrier();
  return all;
}`;

const sumPair = reduced('sumAll', 'vec2<f32>', (a, b) => `${a} + ${b}`);
const maxPair = reduced('maxAll', 'vec2<f32>', (a, b) => `max(${a}, ${b})`);
const everyClass = (classes: number, body: string): string =>
  `for (var c = lane; c < ${classes}u; c += ${THREADS}u) { let at = row * ${classes}u + c; ${body} }`;
const literal = (value: number): string => (/[.e]/.test(String(value)) ? String(value) : `${value}.0`);

/**
 * T²·KL(p ‖ q) for each row and temperature, p = softmax(t/T), q = softmax(z/T), with d/dz = T·(q - p), d/dt = T·p·(log p - log q - KL);
 * all of the mean over rows.
 */
const softenedKl = (rows: number, classes: number, temperatures: readonly number[]): WgslKernel => ({
  key: `softened-kl/${rows}x${classes}/${temperatures}`,
  code: () => `${arrays('t', 'z', 'loss!', 'dt!', 'dz!')}
${sumPair}
${maxPair}
${head(rows, '')}
  var most = vec2<f32>(-3.4e38);
  ${everyClass(classes, 'most = max(most, vec2<f32>(t[at], z[at])); dt[at] = 0.0; dz[at] = 0.0;')}
  most = maxAll(most, lane);
  var total = 0.0;
  ${temperatures
    .map(
      (temperature) => `{
    let T = ${literal(temperature)};
    var sums = vec2<f32>(0.0);
    ${everyClass(classes, 'sums += exp((vec2<f32>(t[at], z[at]) - most) / T);')}
    let logs = log(sumAll(sums, lane));
    var divergence = 0.0;
    ${everyClass(classes, 'let l = (vec2<f32>(t[at], z[at]) - most) / T - logs; divergence += exp(l.x) * (l.x - l.y);')}
    let kl = sumAll(vec2<f32>(divergence, 0.0), lane).x;
    ${everyClass(classes, `let l = (vec2<f32>(t[at], z[at]) - most) / T - logs; let p = exp(l.x); dt[at] += T * p * (l.x - l.y - kl) / ${literal(rows)}; dz[at] += T * (exp(l.y) - p) / ${literal(rows)};`)}
    total += T * T * kl;
  }`,
    )
    .join('\n')}
  if (lane == 0u) { loss[row] = total / ${literal(rows)}; }
}`,
});

/** weight·(log Σexp(z) - z_true) for each row, with d/dz = weight·(softmax(z) - 1_true). */
const crossEntropy = (rows: number, classes: number): WgslKernel => ({
  key: `cross-entropy/${rows}x${classes}`,
  code: () => `@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dz: array<f32>;
${sumPair}
${maxPair}
${head(rows, '')}
  var most = vec2<f32>(-3.4e38);
  ${everyClass(classes, 'most = max(most, vec2<f32>(z[at]));')}
  most = maxAll(most, lane);
  var sum = 0.0;
  ${everyClass(classes, 'sum += exp(z[at] - most.x);')}
  let logSum = log(sumAll(vec2<f32>(sum, 0.0), lane).x);
  let label = u32(labels[row]);
  let weight = weights[row];
  ${everyClass(classes, 'let l = z[at] - most.x - logSum; dz[at] = weight * (exp(l) - select(0.0, 1.0, c == label)); if (c == label) { loss[row] = -weight * l; }')}
}`,
});

/** Exchanges in each row the values of the true class and of `predicted`, which the kernel finds first where it is to. */
const exchange = (rows: number, classes: number, find: boolean): WgslKernel => ({
  key: `exchange/${rows}x${classes}/${find}`,
  code: () => `@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, ${find ? 'read_write' : 'read'}> predicted: array<f32>;
@group(0) @binding(3) var<storage, read_write> swapped: array<f32>;
${reduced('largest', 'vec2<f32>', (a, b) => `select(${a}, ${b}, ${b}.x > ${a}.x || (${b}.x == ${a}.x && ${b}.y < ${a}.y))`)}
${head(rows, '')}
  let label = u32(labels[row]);
  ${
    find
      ? `var best = vec2<f32>(-3.4e38, 1e9);
  ${everyClass(classes, 'if (z[at] > best.x) { best = vec2<f32>(z[at], f32(c)); }')}
  let other = u32(min(largest(best, lane).y, ${literal(classes - 1)}));
  if (lane == 0u) { predicted[row] = f32(other); }`
      : 'let other = u32(predicted[row]);'
  }
  ${everyClass(classes, `let origin = select(select(c, label, c == other), other, c == label); swapped[at] = z[row * ${classes}u + origin];`)}
}`,
});

/** Registers `SoftenedKl`, `RowCrossEntropy`, `ExchangeFind` and `Exchange` for the backend `webgpu`, once. */
export function registerLosses(tf: Tfjs): void {
  const register = (
    kernelName: string,
    run: (backend: WebgpuBackend, inputs: Record<string, TensorInfo>, attrs: { temperatures: readonly number[] }) => TensorInfo[],
  ): void => {
    if (tf.getKernel(kernelName, 'webgpu')) return;
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, backend, attrs }) => run(backend as WebgpuBackend, inputs as Record<string, Tensor>, attrs as never),
    });
  };
  register('SoftenedKl', (backend, { target, logits }, { temperatures }) => {
    const [rows, classes] = logits.shape;
    const outputs = [[rows], [rows, classes], [rows, classes]].map((shape) => backend.allocate(shape));
    backend.run(softenedKl(rows, classes, temperatures), [target, logits, ...outputs], grid(rows));
    return outputs;
  });
  register('RowCrossEntropy', (backend, { logits, labels, weights }) => {
    const [rows, classes] = logits.shape;
    const outputs = [[rows], [rows, classes]].map((shape) => backend.allocate(shape));
    backend.run(crossEntropy(rows, classes), [logits, labels, weights, ...outputs], grid(rows));
    return outputs;
  });
  register('ExchangeFind', (backend, { logits, labels }) => {
    const [rows, classes] = logits.shape;
    const [predicted, swapped] = [[rows], [rows, classes]].map((shape) => backend.allocate(shape));
    backend.run(exchange(rows, classes, true), [logits, labels, predicted, swapped], grid(rows));
    return [swapped, predicted];
  });
  register('Exchange', (backend, { logits, labels, predicted }) => {
    const [rows, classes] = logits.shape;
    const swapped = backend.allocate(logits.shape);
    backend.run(exchange(rows, classes, false), [logits, labels, predicted, swapped], grid(rows));
    return [swapped];
  });
}
