/** Windows that slide over a feature map: convolutions and pools. */
import { explicitPadding, windowCounts, type Padding } from '../../engines/padding.ts';
import { base64, graphNode, INT32, integerList, NHWC, type GraphDefNode } from './graph-def.ts';
import type { ActivationShape, GraphModelScope } from './operation.ts';

export interface Window {
  kernel: number;
  stride: number;
  padding: Padding;
}

/** @throws Error if the window is larger than the padded map. */
export function windowedShape(from: ActivationShape, { kernel, stride, padding }: Window, channels: number): ActivationShape {
  const [height, width] = windowCounts(from, kernel, stride, padding);
  if (height < 1 || width < 1)
    throw new Error(
      `a ${kernel}x${kernel} window does not fit a feature map of ${from[0]}x${from[1]} pixels (padding ${String(padding)}): the images are too small for this network`,
    );
  return [height, width, channels];
}

/**
 * A pool of a tfjs graph model. Its padding, if it has any, is a node of its own before it.
 * @param pad op of the padding, and its inputs behind the feature map, given the name of the paddings
 */
export function poolNodes(
  op: 'AvgPool' | 'MaxPool',
  { kernel, stride, padding }: Window,
  { name, inputs, integers }: GraphModelScope,
  pad: (paddings: string) => { op: 'Pad' | 'PadV2'; inputs: string[] },
): GraphDefNode[] {
  const pool = (from: string): GraphDefNode =>
    graphNode(op, name, [from], {
      ksize: integerList([1, kernel, kernel, 1]),
      strides: integerList([1, stride, stride, 1]),
      padding: base64('VALID'),
      data_format: NHWC,
    });
  if (padding === 0) return [pool(inputs[0])];
  const padder = pad(integers('paddings', explicitPadding(padding).flat(), [4, 2]));
  const padded = `${name}/padded`;
  return [graphNode(padder.op, padded, [inputs[0], ...padder.inputs], { Tpaddings: INT32 }), pool(padded)];
}
