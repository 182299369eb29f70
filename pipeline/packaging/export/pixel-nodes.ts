/** The front of an ONNX model that takes decoded pixels: what the runtime does with pixels of the network's size, as nodes. */
import type { Preprocessing } from '@sld-edge/runtime';
import { onnxNode } from '../../networks/operations/onnx-def.ts';
import { lumaConvolution, type OnnxWrapping } from './wrap-onnx.ts';

/** TensorProto.DataType of float32. */
const FLOAT = 1;

/**
 * Nodes that make `input`, normalised `[B, C, H, W]` float32, of RGB levels `[B, H, W, 3]` uint8. Grey levels are whole, those of the
 * runtime's `luma` to the level: every product and sum of it is an integer of at most 24 bits, which float32 holds.
 * @param pixels name of the model's input
 */
export function pixelNodes(pixels: string, { channels, mean, std }: Preprocessing): OnnxWrapping['before'] {
  const planes = `${pixels}/planes`;
  const centred = `${pixels}/centred`;
  // Half a level more, so that the floor rounds.
  const luma = channels === 1 ? lumaConvolution(`${pixels}/luma`, planes, 0.5) : { nodes: [], constants: [] };
  const grey = luma.nodes.map(({ name }) => onnxNode('Floor', `${pixels}/grey`, [name]));
  const [levels = planes] = grey.map(({ name }) => name);
  const perChannel = (name: string, values: readonly number[]) => ({
    name: `${pixels}/${name}`,
    shape: [1, channels, 1, 1],
    data: Float32Array.from(values),
  });
  const means = perChannel(
    'mean',
    mean.map((value) => 255 * value),
  );
  const inverses = perChannel(
    'inverse_deviation',
    std.map((value) => 1 / (255 * value)),
  );
  return {
    nodes: [
      onnxNode('Cast', `${pixels}/levels`, [pixels], { to: { int: FLOAT } }),
      onnxNode('Transpose', planes, [`${pixels}/levels`], { perm: { ints: [0, 3, 1, 2] } }),
      ...luma.nodes,
      ...grey,
      onnxNode('Sub', centred, [levels, means.name]),
      onnxNode('Mul', 'input', [centred, inverses.name]),
    ],
    constants: [...luma.constants, means, inverses],
  };
}
