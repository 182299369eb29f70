/**
 * A network in the integer variant: a plain list of nodes in the order in which they are computed. What each computes is
 * defined in docs/integer-arithmetic.md; the kernels beside this file are that definition as code.
 */

import type { ActivationBits } from './arithmetic.ts';

/** [height, width, channels] of a feature map, or [features] of a vector. */
export type IntegerShape = readonly number[];

/** Rows and columns around a map: [top, left, bottom, right]. */
export type Sides = readonly [number, number, number, number];

/** The same at every side. */
export const evenSides = (size: number): Sides => [size, size, size, size];

interface NodeBase {
  /** Unique in the program. */
  name: string;
  /** Names of nodes that come earlier. */
  inputs: string[];
  shape: IntegerShape;
  /** The value q stands for the real number scale · (q - zeroPoint). Nothing is computed with the scale. */
  scale: number;
  /** 0 to 127 (of 8 bits 255): the activation that stands for the real number 0. */
  zeroPoint: number;
}

/** Bounds at which results are cut off, within 0 to 127 (with 8 bits 255): `[zeroPoint, …]` is a ReLU. */
interface Clamped {
  low: number;
  high: number;
}

/** Pixels, uint8, to activations: clamp(R(pixel · factor[c] + offset[c], 1, shift)). */
export interface IntegerInput extends NodeBase, Clamped {
  op: 'input';
  /** Factor of each channel. */
  factor: Int16Array;
  /** Offset of each channel; holds the zero point. */
  offset: Int32Array;
  shift: number;
}

/** Fields of nodes that multiply by weights: accumulator = bias[o] + Σ x · w; R(accumulator, multiplier[o], shift[o]). */
interface Weighted {
  /** Bias of each output: every one holds -(zero point of the input) · Σ w. */
  bias: Int32Array;
  multiplier: Int16Array;
  shift: Uint8Array;
}

export interface IntegerConvolution extends NodeBase, Clamped, Weighted {
  op: 'convolution';
  /** `[outputs, kernel, kernel, inputs / groups]`, -127 to 127. */
  weights: Int8Array;
  kernel: number;
  stride: number;
  padding: Sides;
  groups: number;
  /** Value of the padding: the input's zero point. */
  paddingValue: number;
}

export interface IntegerLinear extends NodeBase, Clamped, Weighted {
  op: 'linear';
  /** `[outputs, inputs]`, -127 to 127. */
  weights: Int8Array;
}

/** The last node: a linear layer whose results are not cut off. A logit is scale · result, in float32. */
export interface IntegerLogits extends NodeBase, Weighted {
  op: 'logits';
  weights: Int8Array;
}

/** clamp(R(Σ inputs[i] · factors[i] + offset, 1, shift)). */
export interface IntegerAdd extends NodeBase, Clamped {
  op: 'add';
  factors: number[];
  /** Holds all zero points. */
  offset: number;
  shift: number;
}

/** clamp(R(x · factor[c] + offset[c], 1, shift)): a batch norm on its own, another scale, a ReLU on its own. */
export interface IntegerAffine extends NodeBase, Clamped {
  op: 'affine';
  /** Factor of each channel, may be negative. */
  factor: Int16Array;
  offset: Int32Array;
  shift: number;
}

interface Windowed {
  kernel: number;
  stride: number;
  padding: Sides;
}

/** The largest of a window's values that lie in the map. */
export interface IntegerMaxPool extends NodeBase, Windowed {
  op: 'maxPool';
}

/** clamp(R(factor · Σ x + bias, multiplier, shift) + zeroPoint) over a window, padding included; bias = -factor · area · paddingValue. */
export interface IntegerAveragePool extends NodeBase, Windowed, Clamped {
  op: 'averagePool';
  paddingValue: number;
  /** A power of two, so large that the shift is at least 17; mostly 1. */
  factor: number;
  bias: number;
  multiplier: number;
  shift: number;
}

/** The same over the whole map. */
export interface IntegerGlobalAveragePool extends NodeBase, Clamped {
  op: 'globalAveragePool';
  factor: number;
  bias: number;
  multiplier: number;
  shift: number;
}

/** table[x]: any function of an activation, as a hard swish or a sigmoid. */
export interface IntegerTable extends NodeBase {
  op: 'table';
  /** Result for each value of the input's activation, 128 or 256 entries. */
  table: Uint8Array;
}

/** clamp(R((x - z₁) · (y - z₂), multiplier, shift) + zeroPoint): maps of one shape, or a map and a vector of its channels (squeeze and excitation). */
export interface IntegerMultiply extends NodeBase, Clamped {
  op: 'multiply';
  /** z₁ and z₂, the inputs' zero points. */
  zeroPoints: number[];
  multiplier: number;
  shift: number;
}

/** Channel g·n + i of `groups` groups of n moves to i·groups + g. */
export interface IntegerChannelShuffle extends NodeBase {
  op: 'channelShuffle';
  groups: number;
}

export interface IntegerChannelSlice extends NodeBase {
  op: 'channelSlice';
  start: number;
}

/** Inputs of one scale and zero point, one behind the other along their channels. */
export interface IntegerConcat extends NodeBase {
  op: 'concat';
}

/** Channels of the zero point before and after. */
export interface IntegerPadChannels extends NodeBase {
  op: 'padChannels';
  before: number;
}

/** Every `stride`-th row and column. */
export interface IntegerSubsample extends NodeBase {
  op: 'subsample';
  stride: number;
}

export type IntegerNode =
  | IntegerInput
  | IntegerConvolution
  | IntegerLinear
  | IntegerLogits
  | IntegerAdd
  | IntegerAffine
  | IntegerMaxPool
  | IntegerAveragePool
  | IntegerGlobalAveragePool
  | IntegerTable
  | IntegerMultiply
  | IntegerChannelShuffle
  | IntegerChannelSlice
  | IntegerConcat
  | IntegerPadChannels
  | IntegerSubsample;

export type IntegerOp = IntegerNode['op'];

export interface IntegerProgram {
  /** Name of the network that it was made from. */
  name: string;
  /** 7 unless it says otherwise. */
  activationBits?: ActivationBits;
  /** The first is the one `input`, the last the one `logits`. */
  nodes: IntegerNode[];
}
