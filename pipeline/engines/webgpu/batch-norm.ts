/**
 * Batch norm in training, two kernels forward and two backward. The first of each sums over its share of the rows, the second
 * puts the shares together, once in every workgroup, and goes over the elements.
 *
 * Forward: sums of x - x₀ and (x - x₀)², x₀ the channel's first value, so that a mean far from 0 costs no digits.
 * Backward: with x̂ = (x - μ)·r and N rows, dβ = Σdy, dγ = Σdy·x̂, dx = γ·r·(dy - dβ/N - x̂·dγ/N).
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { BatchNormResult, Save, Tfjs, TrainingOps } from '../engine.ts';
import type { WgslKernel, WebgpuBackend } from './backend.ts';
import { arrays, float, THREADS, tracked } from './tensors.ts';

/** Largest number of shares, so few that every workgroup of the second kernel can add them up. */
const MOST_SHARES = 32;
/** Elements that a thread of either kernel goes over, about. */
const ELEMENTS_PER_THREAD = 8;

interface Geometry {
  rows: number;
  channels: number;
  /** Channels and rows that the threads of a workgroup lie over. */
  across: number;
  down: number;
  /** Number of workgroups that share the rows in the summing kernels, and rows of each. */
  shares: number;
  rowsPerShare: number;
  /** Rows of a workgroup of the second kernels. */
  rowsPerGroup: number;
}

function geometryOf(rows: number, channels: number): Geometry {
  const across = channels <= 16 ? 16 : channels <= 32 ? 32 : 64;
  const down = THREADS / across;
  const shares = Math.min(MOST_SHARES, Math.ceil(rows / (down * ELEMENTS_PER_THREAD)));
  return {
    rows,
    channels,
    across,
    down,
    shares,
    rowsPerShare: Math.ceil(rows / shares),
    rowsPerGroup: Math.max(down * ELEMENTS_PER_THREAD, Math.ceil(rows / 32_768)),
  };
}

/** Key of a kernel; numbers that are not in it are passed as `g`. */
const keyOf = (name: string, { across }: Geometry): string => `${name}/${across}`;
const GIVEN = ['rows', 'channels', 'shares', 'rowsPerShare', 'rowsPerGroup', 'unused0', 'unused1', 'unused2'] as const;
const given = (g: Geometry): Uint32Array => Uint32Array.from(GIVEN, (name) => (name.startsWith('unused') ? 0 : g[name as keyof Geometry]));
/** The numbers at `binding`, and the start of a kernel: its thread's channel `c`, its row of threads `down`, an empty `sum` of two. */
const opening = ({ across }: Geometry, binding: number): string => `
struct Geometry { ${GIVEN.map((name) => `${name}: u32`).join(', ')} }
@group(0) @binding(${binding}) var<uniform> g: Geometry;
var<workgroup> a: array<f32, ${THREADS}>;
var<workgroup> b: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let c = wid.y * ${across}u + lane % ${across}u;
  let down = lane / ${across}u;
  var sum = vec2<f32>(0.0);`;
const groupsAcross = ({ channels, across }: Geometry): number => Math.ceil(channels / across);

/** Sums of two values per element over a share of the rows, into `[shares, 2, channels]`. `first` and `second` may use `at` and `c`. */
const sums = (
  g: Geometry,
  bindings: string[],
  prepare: string,
  first: string,
  second: string,
): string => `${arrays(...bindings, 'pieces!')}${opening(g, bindings.length + 1)}
  if (c < g.channels) {
    ${prepare}
    let end = min(g.rows, (wid.x + 1u) * g.rowsPerShare);
    for (var row = wid.x * g.rowsPerShare + down; row < end; row += ${g.down}u) {
      let at = row * g.channels + c;
      let value = ${first};
      sum += vec2<f32>(value, ${second});
    }
  }
${reduceDown(g)}
  if (down == 0u && c < g.channels) {
    pieces[(wid.x * 2u) * g.channels + c] = a[lane];
    pieces[(wid.x * 2u + 1u) * g.channels + c] = b[lane];
  }
}`;

/** Adds the sums over the rows of threads, into the first row of `a` and `b`. */
const reduceDown = ({ across, down }: Geometry): string => `
  a[lane] = sum.x;
  b[lane] = sum.y;
  workgroupBarrier();
  for (var half = ${down / 2}u; half > 0u; half /= 2u) {
    if (lane < half * ${across}u) {
      a[lane] += a[lane + half * ${across}u];
      b[lane] += b[lane + half * ${across}u];
    }
    workgroupBarrier();
  }`;

/** Adds the shares up to `total` of the thread's channel, then does `perChannel` once a workgroup and thread and `perElement` with `at`. */
const overElements = (
  g: Geometry,
  bindings: string[],
  perChannel: string,
  once: string,
  perElement: string,
): string => `${arrays(...bindings)}${opening(g, bindings.length)}
  if (c < g.channels) {
    for (var share = down; share < g.shares; share += ${g.down}u) {
      sum += vec2<f32>(pieces[(share * 2u) * g.channels + c], pieces[(share * 2u + 1u) * g.channels + c]);
    }
  }
${reduceDown(g)}
  if (c >= g.channels) { return; }
  let total = vec2<f32>(a[lane % ${g.across}u], b[lane % ${g.across}u]);
  ${perChannel}
  if (wid.x == 0u && down == 0u) {
    ${once}
  }
  let end = min(g.rows, (wid.x + 1u) * g.rowsPerGroup);
  for (var row = wid.x * g.rowsPerGroup + down; row < end; row += ${g.down}u) {
    let at = row * g.channels + c;
    ${perElement}
  }
}`;

function kernelsOf(g: Geometry, epsilon: number): Record<'statistics' | 'normalise' | 'gradientSums' | 'gradients', WgslKernel> {
  return {
    statistics: {
      key: keyOf('batch-norm-statistics', g),
      code: () => sums(g, ['x'], 'let origin = x[c];', 'x[at] - origin', 'value * value'),
    },
    normalise: {
      key: `${keyOf('batch-norm', g)}/${epsilon}`,
      code: () =>
        overElements(
          g,
          ['x', 'pieces', 'scale', 'offset', 'y!', 'mean!', 'variance!', 'saved!'],
          `let shifted = total.x / f32(g.rows);
  let squares = max(total.y - total.x * shifted, 0.0);
  let mu = x[c] + shifted;
  let inverse = 1.0 / sqrt(squares / f32(g.rows) + ${float(epsilon)});
  let gain = inverse * scale[c];
  let shift = offset[c];`,
          `mean[c] = mu;
    variance[c] = squares / f32(max(g.rows - 1u, 1u));
    saved[c] = mu;
    saved[g.channels + c] = inverse;`,
          'y[at] = (x[at] - mu) * gain + shift;',
        ),
    },
    gradientSums: {
      key: keyOf('batch-norm-gradient-sums', g),
      code: () =>
        sums(
          g,
          ['dy', 'x', 'saved'],
          `let mu = saved[c];\n    let inverse = saved[g.channels + c];`,
          'dy[at]',
          'value * ((x[at] - mu) * inverse)',
        ),
    },
    gradients: {
      key: keyOf('batch-norm-gradients', g),
      code: () =>
        overElements(
          g,
          ['dy', 'x', 'saved', 'scale', 'pieces', 'dx!', 'dScale!', 'dOffset!'],
          `let mu = saved[c];
  let inverse = saved[g.channels + c];
  let gain = scale[c] * inverse;
  let meanOfDy = total.x / f32(g.rows);
  let slope = total.y * inverse / f32(g.rows);`,
          `dScale[c] = total.y;
    dOffset[c] = total.x;`,
          'dx[at] = gain * (dy[at] - meanOfDy - (x[at] - mu) * slope);',
        ),
    },
  };
}

export function createBatchNorm(tf: Tfjs, backend: WebgpuBackend): TrainingOps['batchNorm'] {
  return (x, scale, offset, epsilon): BatchNormResult => {
    const channels = x.shape[3];
    const g = geometryOf(x.size / channels, channels);
    const kernels = kernelsOf(g, epsilon);
    const numbers = given(g);
    const [shares, groups] = [
      [g.shares, groupsAcross(g)],
      [Math.ceil(g.rows / g.rowsPerGroup), groupsAcross(g)],
    ];
    let statistics: Tensor[] = [];
    const norm = tf.customGrad((x, scale, offset, save) => {
      const [partial, y, mean, variance, saved] = [[g.shares, 2, channels], (x as Tensor).shape, [channels], [channels], [2, channels]].map(
        (shape) => tracked(tf, backend.allocate(shape)),
      );
      backend.run(kernels.statistics, [x as Tensor, partial], shares, numbers);
      backend.run(kernels.normalise, [x as Tensor, partial, scale as Tensor, offset as Tensor, y, mean, variance, saved], groups, numbers);
      // This scope ends before the caller reads them: it disposes them.
      statistics = [tf.keep(mean), tf.keep(variance)];
      (save as Save)([x as Tensor, scale as Tensor, saved]);
      return {
        value: y,
        gradFunc(dy: Tensor, [x, scale, saved]: Tensor[]) {
          const [partial, dx, dScale, dOffset] = [[g.shares, 2, channels], x.shape, [channels], [channels]].map((shape) =>
            tracked(tf, backend.allocate(shape)),
          );
          backend.run(kernels.gradientSums, [dy, x, saved, partial], shares, numbers);
          backend.run(kernels.gradients, [dy, x, saved, scale, partial, dx, dScale, dOffset], groups, numbers);
          return [dx, dScale, dOffset];
        },
      };
    });
    const y = norm(x, scale, offset) as Tensor4D;
    return { y, mean: statistics[0] as Tensor1D, variance: statistics[1] as Tensor1D };
  };
}
