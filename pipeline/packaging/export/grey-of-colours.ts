/** The luma of an image in ONNX: networks of one channel behind inputs of three. */
import { onnxNode, type OnnxNode } from '../../networks/operations/onnx-def.ts';
import type { OnnxTensor } from '../onnx-protobuf.ts';

/** Shares of red, green and blue in 65,536ths, as `runtime/image/grey.ts` has them (ITU-R 601, Pillow's mode "L"). */
const LUMA = [19595, 38470, 7471];
const ONE = 65_536;

/** A convolution named `name` that makes one channel of three, `[B, 3, H, W]` to `[B, 1, H, W]`. @param bias added to it */
export function lumaConvolution(name: string, input: string, bias = 0): { nodes: OnnxNode[]; constants: OnnxTensor[] } {
  const constants: OnnxTensor[] = [
    { name: `${name}/luma_weights`, shape: [1, 3, 1, 1], data: Float32Array.from(LUMA, (share) => share / ONE) },
    { name: `${name}/luma_bias`, shape: [1], data: Float32Array.of(bias) },
  ];
  return { nodes: [onnxNode('Conv', name, [input, ...constants.map((constant) => constant.name)])], constants };
}
