/**
 * A training engine: a tfjs backend, and the few ops whose speed decides training, each with its own gradient
 * and lowered to what the engine does best. Everything else uses tfjs ops directly.
 */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { Padding } from './padding.ts';

export type Tfjs = typeof tfjs;
/** Engines in the order in which `auto` tries them. */
export const engineNames = ['tensorflow', 'webgpu', 'wasm'] as const;
export type EngineName = (typeof engineNames)[number];
/** Choices of engines for help texts and refusals. */
export const engineChoices = ['auto', ...engineNames].join(', ');

export interface BatchNormResult {
  y: tfjs.Tensor4D;
  /** Mean of the batch, per channel. */
  mean: tfjs.Tensor1D;
  /** Variance of the batch, per channel, with Bessel's correction (what PyTorch puts into running_var). */
  variance: tfjs.Tensor1D;
}

/** Differentiable by tfjs's tape; images are NHWC, filters HWIO, padding is zeros. */
export interface TrainingOps {
  /** `needsInputGradient` false: the gradient with respect to `x` (the images, say) is not computed. */
  conv2d(x: tfjs.Tensor4D, filter: tfjs.Tensor4D, stride: number, padding: Padding, needsInputGradient?: boolean): tfjs.Tensor4D;
  /** Each channel by its own kernel; the filter is [k, k, channels, 1]. */
  depthwiseConv2d(x: tfjs.Tensor4D, filter: tfjs.Tensor4D, stride: number, padding: Padding): tfjs.Tensor4D;
  /** x + bias, one number a channel. */
  addBias(x: tfjs.Tensor4D, bias: tfjs.Tensor1D): tfjs.Tensor4D;
  /** Normalises with the batch's own statistics (biased variance). The statistics carry no gradient; the caller disposes them. */
  batchNorm(x: tfjs.Tensor4D, scale: tfjs.Tensor1D, offset: tfjs.Tensor1D, epsilon: number): BatchNormResult;
  relu<T extends tfjs.Tensor>(x: T): T;
  /** min(max(x, 0), 6) */
  relu6<T extends tfjs.Tensor>(x: T): T;
  /**
   * Rounds to the nearest of scale · (q - zeroPoint), q from 0 to `largest` (one less than a power of 2), halves upwards. The gradient
   * passes where x lies between the first and the last of these, and is 0 elsewhere (Bengio et al. 2013, arXiv 1308.3432).
   */
  fakeQuantize<T extends tfjs.Tensor>(x: T, scale: number, zeroPoint: number, largest: number): T;
  /** Layer norm over the last dimension: (x - μ)/√(σ²+ε)·scale + offset with the biased variance (Ba et al. 2016, arXiv 1607.06450). */
  layerNorm<T extends tfjs.Tensor>(x: T, scale: tfjs.Tensor1D, offset: tfjs.Tensor1D, epsilon: number): T;
  /** x·Φ(x), in the exact form by erf (Hendrycks and Gimpel 2016, arXiv 1606.08415). */
  gelu<T extends tfjs.Tensor>(x: T): T;
  /** Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762): `[B, T, 3·D]`, queries, keys and values of all heads, to `[B, T, D]`. */
  attention(x: tfjs.Tensor3D, heads: number): tfjs.Tensor3D;
}

/** An update of tensors where they are. */
export interface InPlaceUpdate<Numbers extends unknown[]> {
  /** @param given one tensor for each of those that are updated, of its shape */
  apply(given: readonly tfjs.Tensor[], ...numbers: Numbers): void;
  /** The updated tensors stay. */
  dispose(): void;
}

/** Updates of many tensors by one kernel: what is updated is moved together in the engine's memory. */
export interface InPlaceUpdates {
  /** v ← μ·v + (g + λ·p), p ← p - η·v (Nesterov: p - η·(g + λ·p + μ·v)); given g, and with each call η. */
  sgd(
    parameters: readonly tfjs.Tensor[],
    velocities: readonly tfjs.Tensor[],
    options: { momentum: number; weightDecay: number; nesterov: boolean },
  ): InPlaceUpdate<[rate: number]>;
  /** m ← β₁·m + (1-β₁)·g, v ← β₂·v + (1-β₂)·g², p ← kept·p - η·m/(√v/correction + ε), kept 1 for what does not decay; given g, and with each call η, kept and the correction. */
  adamw(
    parameters: readonly tfjs.Tensor[],
    firstMoments: readonly tfjs.Tensor[],
    secondMoments: readonly tfjs.Tensor[],
    options: { decays: readonly boolean[]; beta1: number; beta2: number; epsilon: number },
  ): InPlaceUpdate<[rate: number, kept: number, correction: number]>;
  /** r ← (1-share)·r + share·given */
  blend(running: readonly tfjs.Tensor[], share: number): InPlaceUpdate<[]>;
}

/** Array that a traced computation uploads. */
export type TraceInput = Float32Array | Int32Array;

/** The ops of a computation, to be made again. */
export interface Trace {
  /** True if both computations made the same ops of the same constants. */
  sameAs(other: Trace): boolean;
  /** The outputs for other inputs; whoever gets them disposes them. */
  run(inputs: readonly TraceInput[]): tfjs.Tensor[];
  dispose(): void;
}

export interface Engine {
  name: EngineName;
  /** Library and device, for people and for provenance. */
  description: string;
  tf: Tfjs;
  ops: TrainingOps;
  /** Plain data from which another thread of this process makes the same engine (`createEngine`). */
  handle: EngineHandle;
  /** Training steps between two reads of their losses: a read makes the host wait for a GPU. Absent: 1. */
  stepsPerRead?: number;
  /** Updates of tensors in place. Absent: tensors are updated one by one. */
  updates?: InPlaceUpdates;
  /**
   * Runs a computation and keeps its ops, so that they can be repeated by themselves. Absent: the engine can't.
   * @param inputs arrays that it uploads, themselves and not copies
   * @param persistent the tensors from before that it reads
   * @returns its outputs; no trace where it can't be repeated (it read values back, or tensors that are not named)
   */
  trace?(
    inputs: readonly TraceInput[],
    persistent: readonly tfjs.Tensor[],
    compute: () => tfjs.Tensor[],
  ): { outputs: tfjs.Tensor[]; trace?: Trace };
  /** `webgpu` only: what was asked of the GPU so far. */
  counts?: Readonly<Record<'dispatches' | 'submits' | 'reads', number>>;
}

/** Plain data, so that it can be sent to a worker thread. */
export interface EngineHandle {
  name: EngineName;
  /** `tensorflow` only: the native binding. */
  bindingPath?: string;
  /** Cores that one op may use; absent: all. What several threads of a process compute at once shares the cores so. */
  coresPerOp?: number;
  /** It computes on a GPU, for which threads of a process would only queue. */
  gpu?: true;
  /** Remarks for a person about how the engine was chosen: a GPU that was left aside, a library that is not the pinned one. */
  notes?: string[];
  /** Reason why `auto` leaves it, although it works. */
  onlyByName?: string;
  description: string;
}

/** Callback of `tf.customGrad` that keeps tensors for the gradient; its own type says less. */
export type Save = (tensors: tfjs.Tensor[]) => void;
