/**
 * A LiteRT graph in the making: what float32 and int8 models have in common. Maps are NHWC as everywhere else here, of one image.
 * A value without a quantization is float32; with one it is int8.
 */
import { samePadding, sidesOf, type Padding } from '../engines/padding.ts';
import type { Activation, ActivationShape } from '../networks/operations/operation.ts';
import type { LiteRtOperator, LiteRtQuantization, LiteRtTensor } from './litert-flatbuffer.ts';
import { LITERT_ACTIVATION, LITERT_PADDING, type LiteRtOperatorName } from './litert-operators.ts';

/** An activation in the graph. */
export interface LiteRtValue {
  name: string;
  shape: ActivationShape;
  quantization?: LiteRtQuantization;
  /** For indices, which are neither. */
  type?: 'int32';
}

export interface LiteRtWindow {
  kernel: number;
  stride: number;
  padding: Padding;
}

/** Names of constants. */
export interface LiteRtWeights {
  weights: string;
  bias: string;
}

export class LiteRtGraph {
  readonly tensors: LiteRtTensor[] = [];
  readonly operators: LiteRtOperator[] = [];

  /** Adds a tensor that an operator or the caller of the model fills. */
  value(value: LiteRtValue): LiteRtValue {
    const { name, shape, quantization, type = quantization ? 'int8' : 'float32' } = value;
    this.tensors.push({ name, type, shape: [1, ...shape], ...(quantization && { quantization }) });
    return value;
  }

  /** @returns its name */
  constant(name: string, data: NonNullable<LiteRtTensor['data']>, shape: number[], quantization?: LiteRtQuantization): string {
    const type = data instanceof Int32Array ? 'int32' : data instanceof Int8Array ? 'int8' : 'float32';
    this.tensors.push({ name, type, shape, data, ...(quantization && { quantization }) });
    return name;
  }

  integers = (name: string, values: number[], shape = [values.length]): string => this.constant(name, Int32Array.from(values), shape);

  /** Appends an operator that gives `output`, which it adds. */
  apply(op: LiteRtOperatorName, inputs: string[], output: LiteRtValue, options: LiteRtOperator['options'] = {}): LiteRtValue {
    this.operators.push({ op, inputs, output: output.name, options });
    return this.value(output);
  }

  convolution(
    x: LiteRtValue,
    { weights, bias }: LiteRtWeights,
    window: LiteRtWindow,
    output: LiteRtValue,
    { activation, depthwise }: { activation: Activation; depthwise: boolean },
  ): LiteRtValue {
    const { from, padding } = this.padded(x, window, output.name);
    return this.apply(depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D', [from, weights, bias], output, {
      ...strides(window, padding),
      // CONV_2D has no such option, and it is left out there.
      depthMultiplier: output.shape[2] / x.shape[2],
      activation: LITERT_ACTIVATION[activation],
    });
  }

  fullyConnected(x: LiteRtValue, { weights, bias }: LiteRtWeights, output: LiteRtValue, activation: Activation): LiteRtValue {
    return this.apply('FULLY_CONNECTED', [x.name, weights, bias], output, { activation: LITERT_ACTIVATION[activation] });
  }

  /** The sum or product of two, of one shape or of a map and a vector of its channels. */
  pair(op: 'ADD' | 'MUL', [a, b]: LiteRtValue[], output: LiteRtValue, activation: Activation): LiteRtValue {
    const second = b.shape.length < a.shape.length ? this.reshape(b, { ...b, name: `${output.name}/map`, shape: [1, 1, b.shape[0]] }) : b;
    return this.apply(op, [a.name, second.name], output, { activation: LITERT_ACTIVATION[activation] });
  }

  /** Takes the largest of each window; the padding holds the least there is. @param least as a tensor holds it */
  maxPool(x: LiteRtValue, window: LiteRtWindow, output: LiteRtValue, least: Float32Array | Int8Array): LiteRtValue {
    const { from, padding } = this.padded(x, window, output.name, least);
    return this.apply('MAX_POOL_2D', [from], output, pool(window, padding));
  }

  /** Takes means whose padding counts as zeros: LiteRT's own padding would be left out. */
  averagePool(x: LiteRtValue, window: LiteRtWindow, output: LiteRtValue): LiteRtValue {
    const from = this.paddedMap(x, window, output.name);
    return this.apply('AVERAGE_POOL_2D', [from], output, pool(window, LITERT_PADDING.VALID));
  }

  globalMean(x: LiteRtValue, output: LiteRtValue): LiteRtValue {
    return this.apply('MEAN', [x.name, this.integers(`${output.name}/axes`, [1, 2])], output, { keepDimensions: false });
  }

  concatenation(inputs: LiteRtValue[], output: LiteRtValue): LiteRtValue {
    const names = inputs.map(({ name }) => name);
    return this.apply('CONCATENATION', names, output, { axis: 3 });
  }

  channelShuffle(x: LiteRtValue, groups: number, output: LiteRtValue): LiteRtValue {
    const [height, width, channels] = x.shape;
    const { name } = output;
    const grouped = this.reshape(x, { ...x, name: `${name}/grouped`, shape: [height, width, groups, channels / groups] });
    const exchanged = this.apply('TRANSPOSE', [grouped.name, this.integers(`${name}/order`, [0, 1, 2, 4, 3])], {
      ...x,
      name: `${name}/exchanged`,
      shape: [height, width, channels / groups, groups],
    });
    return this.reshape(exchanged, output);
  }

  channelSlice(x: LiteRtValue, start: number, output: LiteRtValue): LiteRtValue {
    const begin = this.integers(`${output.name}/begin`, [0, 0, 0, start]);
    return this.apply('SLICE', [x.name, begin, this.integers(`${output.name}/size`, [1, ...output.shape])], output);
  }

  padChannels(x: LiteRtValue, before: number, output: LiteRtValue): LiteRtValue {
    const after = output.shape[2] - before - x.shape[2];
    const paddings = this.integers(`${output.name}/paddings`, [0, 0, 0, 0, 0, 0, before, after], [4, 2]);
    return this.apply('PAD', [x.name, paddings], output);
  }

  subsample(x: LiteRtValue, stride: number, output: LiteRtValue): LiteRtValue {
    const zeros = this.integers(`${output.name}/ends`, [0, 0, 0, 0]);
    const steps = this.integers(`${output.name}/strides`, [1, stride, stride, 1]);
    // All four dimensions from their beginning to their end.
    return this.apply('STRIDED_SLICE', [x.name, zeros, zeros, steps], output, { beginMask: 15, endMask: 15 });
  }

  reshape(x: LiteRtValue, output: LiteRtValue): LiteRtValue {
    const shape = [1, ...output.shape];
    return this.apply('RESHAPE', [x.name, this.integers(`${output.name}/shape`, shape)], output, { newShape: shape });
  }

  /** The tensor that a window reads: the map itself if LiteRT can pad it so, else a copy. */
  private padded(x: LiteRtValue, window: LiteRtWindow, name: string, value?: Float32Array | Int8Array): { from: string; padding: number } {
    const same = sidesOf(samePadding(x.shape, window.kernel, window.stride));
    return hasPadding(window) && sidesOf(window.padding).every((side, i) => side === same[i])
      ? { from: x.name, padding: LITERT_PADDING.SAME }
      : { from: this.paddedMap(x, window, name, value), padding: LITERT_PADDING.VALID };
  }

  /** The name of a copy with zeros (or `value`) around it; of the map itself where nothing lies around it. */
  private paddedMap(x: LiteRtValue, window: LiteRtWindow, name: string, value?: Float32Array | Int8Array): string {
    if (!hasPadding(window)) return x.name;
    const [top, left, bottom, right] = sidesOf(window.padding);
    const [height, width, channels] = x.shape;
    const paddings = this.integers(`${name}/paddings`, [0, 0, top, bottom, left, right, 0, 0], [4, 2]);
    const padded = { ...x, name: `${name}/padded`, shape: [top + height + bottom, left + width + right, channels] };
    if (value) this.apply('PADV2', [x.name, paddings, this.constant(`${name}/least`, value, [1], x.quantization)], padded);
    else this.apply('PAD', [x.name, paddings], padded);
    return padded.name;
  }
}

const hasPadding = ({ padding }: LiteRtWindow): boolean => sidesOf(padding).some((side) => side > 0);

const pool = (window: LiteRtWindow, padding: number): LiteRtOperator['options'] => ({
  ...strides(window, padding),
  filterWidth: window.kernel,
  filterHeight: window.kernel,
});

const strides = ({ stride }: LiteRtWindow, padding: number): LiteRtOperator['options'] => ({
  padding,
  strideWidth: stride,
  strideHeight: stride,
});
