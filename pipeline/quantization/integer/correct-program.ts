/** Biases of an integer program, corrected layer by layer from the input on (`correct-bias.ts`), with all layers before in integers and corrected. */
import { kernelOf, sizeOfShape, type IntegerLogits, type IntegerNode, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import type { ActivationScale } from '../../networks/operations/integer-def.ts';
import type { Constant } from '../../networks/operations/operation.ts';
import { meanInputs, meanOutputs, type MeanInput } from '../correct-bias.ts';
import type { CalibrationImages } from '../visit-layers.ts';

type Weighted = Extract<IntegerNode, { weights: Int8Array }>;

const isWeighted = (node: IntegerNode): node is Weighted => 'weights' in node;

/** @returns a new program; nodes without weights are shared with the old one */
export async function correctProgram(
  tf: Tfjs,
  network: FrozenNetwork,
  program: IntegerProgram,
  pixels: Uint8Array,
  images: CalibrationImages,
): Promise<IntegerProgram> {
  const layers = new Map(network.nodes.map((node) => [node.name, node]));
  const floatInputs = await meanInputs(tf, network, images);
  const before = new Map(program.nodes.map((node) => [node.name, node]));
  /** Activations of the nodes that are read again, for all images. */
  const activations = new Map<string, Uint8Array[]>();
  const size = pixels.length / images.count;
  const levels = Array.from({ length: images.count }, (_, i) => pixels.subarray(i * size, (i + 1) * size));

  const lastReader = new Map(
    program.nodes.flatMap(({ name, ...node }) => ('inputs' in node ? node.inputs.map((input) => [input, name] as const) : [])),
  );
  const nodes: IntegerNode[] = [];
  for (const node of program.nodes) {
    const inputs = node.op === 'input' ? [levels] : node.inputs.map((name) => activations.get(name)!);
    let corrected = node;
    if (isWeighted(node)) {
      const layer = layers.get(node.name)!;
      const from = before.get(node.inputs[0])!;
      const expected = await meanOutputs(tf, layer, floatInputs.get(node.name)!);
      const came = await meanOutputs(tf, realLayer(layer, node, from), meanOfLevels(inputs[0], from));
      corrected = { ...node, bias: node.bias.map((value, o) => value + Math.round((expected[o] - came[o]) / stepOf(node, o))) };
    }
    nodes.push(corrected);
    if (corrected.op !== 'logits')
      activations.set(
        node.name,
        computed(
          corrected,
          inputs,
          node.inputs.map((name) => before.get(name)!.shape),
        ),
      );
    if (node.op !== 'input') for (const input of node.inputs) if (lastReader.get(input) === node.name) activations.delete(input);
  }
  return { ...program, nodes };
}

function computed(node: Exclude<IntegerNode, IntegerLogits>, inputs: Uint8Array[][], shapes: (readonly number[])[]): Uint8Array[] {
  const kernel = kernelOf(node, shapes);
  return inputs[0].map((_, image) => {
    const output = new Uint8Array(sizeOfShape(node.shape));
    kernel(
      inputs.map((values) => values[image]),
      output,
    );
    return output;
  });
}

/** The real number that one step of an output's accumulator stands for. */
const stepOf = ({ scale, multiplier, shift }: Weighted, output: number): number => (scale * multiplier[output]) / 2 ** shift[output];

/** The network's layer with the real numbers that the program's weights and biases stand for. */
function realLayer(layer: FrozenNode, node: Weighted, input: ActivationScale): FrozenNode {
  const size = node.weights.length / node.bias.length;
  const taken = { weights: 0, biases: 0 };
  const real = (constant: Constant): Constant => {
    const first = constant.isWeight ? taken.weights : taken.biases;
    const outputs = constant.data.length / (constant.isWeight ? size : 1);
    taken[constant.isWeight ? 'weights' : 'biases'] += outputs;
    // Outputs come last in the layer's constants, first in the program's.
    const data = constant.data.map((_, i) => {
      const o = first + (i % outputs);
      if (constant.isWeight) return (stepOf(node, o) * node.weights[o * size + Math.floor(i / outputs)]) / input.scale;
      const sum = node.weights.subarray(o * size, (o + 1) * size).reduce((sum, weight) => sum + weight, 0);
      return stepOf(node, o) * (node.bias[o] + input.zeroPoint * sum);
    });
    return { ...constant, data };
  };
  const constants = Object.fromEntries(
    Object.entries(layer.constants as Record<string, Constant>).map(([key, value]) => [key, real(value)]),
  );
  return { ...layer, constants } as FrozenNode;
}

function meanOfLevels(images: Uint8Array[], { scale, zeroPoint, shape }: IntegerNode): MeanInput {
  const totals = new Float64Array(images[0].length);
  for (const levels of images) for (let i = 0; i < levels.length; i++) totals[i] += levels[i];
  return { shape, data: Float32Array.from(totals, (total) => scale * (total / images.length - zeroPoint)) };
}
