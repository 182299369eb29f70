/** Biases of an integer program, corrected layer by layer from the input on (`correct-bias.ts`), with all layers before in integers and corrected. */
import { kernelOf, sizeOfShape, type IntegerLogits, type IntegerNode, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { meanOutputs } from '../correct-bias.ts';
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
  const expected = await meanOutputs(tf, network, images);
  const shapes = new Map(program.nodes.map(({ name, shape }) => [name, shape]));
  /** Activations of the nodes that are read again, for all images. */
  const activations = new Map<string, Uint8Array[]>();
  const size = pixels.length / images.count;
  const levels = Array.from({ length: images.count }, (_, i) => pixels.subarray(i * size, (i + 1) * size));

  const lastReader = new Map(
    program.nodes.flatMap(({ name, ...node }) => ('inputs' in node ? node.inputs.map((input) => [input, name] as const) : [])),
  );
  const nodes = program.nodes.map((node) => {
    const inputs = node.op === 'input' ? [levels] : node.inputs.map((name) => activations.get(name)!);
    const corrected = isWeighted(node) ? withMeans(node, inputs[0], shapes.get(node.inputs[0])!, expected.get(node.name)!) : node;
    if (corrected.op !== 'logits')
      activations.set(
        node.name,
        computed(
          corrected,
          inputs,
          node.inputs.map((name) => shapes.get(name)!),
        ),
      );
    if (node.op !== 'input') for (const input of node.inputs) if (lastReader.get(input) === node.name) activations.delete(input);
    return corrected;
  });
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

/** The node with biases that give its accumulators the expected means. */
function withMeans(node: Weighted, inputs: Uint8Array[], shape: readonly number[], expected: Float64Array): Weighted {
  const mean = accumulatorMeans(node, inputs, shape);
  const bias = node.bias.map((value, o) => {
    // What one step of the accumulator is worth.
    const unit = (node.scale * node.multiplier[o]) / 2 ** node.shift[o];
    return value + Math.round(expected[o] / unit - mean[o]);
  });
  return { ...node, bias };
}

/** The mean of each output's accumulator over all images and pixels. It is linear, so that the mean of what each weight sees is enough. */
function accumulatorMeans(node: Weighted, inputs: Uint8Array[], shape: readonly number[]): Float64Array {
  const outputs = node.bias.length;
  const size = node.weights.length / outputs;
  const seen = node.op === 'convolution' ? meanWindows(node, inputs, shape) : meanVector(inputs);
  const groups = node.op === 'convolution' ? node.groups : 1;
  return Float64Array.from(node.bias, (bias, o) => {
    const group = Math.floor((o * groups) / outputs);
    let sum = bias;
    for (let i = 0; i < size; i++) sum += node.weights[o * size + i] * seen[group * size + i];
    return sum;
  });
}

function meanVector(inputs: Uint8Array[]): Float64Array {
  const mean = new Float64Array(inputs[0].length);
  for (const values of inputs) values.forEach((value, i) => (mean[i] += value / inputs.length));
  return mean;
}

/** The mean over all windows of what lies at each of their places: `[groups, kernel, kernel, channels of a group]`. */
function meanWindows(
  node: Extract<IntegerNode, { op: 'convolution' }>,
  inputs: Uint8Array[],
  [height, width, channels]: readonly number[],
): Float64Array {
  const {
    kernel,
    stride,
    padding: [top, left],
    groups,
    paddingValue,
    shape,
  } = node;
  const [rows, columns] = shape;
  const own = channels / groups;
  const mean = new Float64Array(kernel * kernel * channels);
  const totals = Float64Array.from({ length: height * width * channels }, () => 0);
  for (const values of inputs) for (let i = 0; i < values.length; i++) totals[i] += values[i];
  const windows = rows * columns * inputs.length;
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const [y, x] = [row * stride + ky - top, column * stride + kx - left];
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          for (let c = 0; c < channels; c++) {
            const at = ((Math.floor(c / own) * kernel + ky) * kernel + kx) * own + (c % own);
            mean[at] += (inside ? totals[(y * width + x) * channels + c] : paddingValue * inputs.length) / windows;
          }
        }
      }
    }
  }
  return mean;
}
