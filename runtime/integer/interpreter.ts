/** The reference of the integer variant: one image at a time, one node after the other. Slow beside SIMD, and the definition. */
import { interpretConvolution } from './convolution.ts';
import { interpretChannelShuffle, interpretChannelSlice, interpretConcat, interpretPadChannels, interpretSubsample } from './channels.ts';
import { interpretAdd, interpretAffine, interpretMultiply, interpretTable } from './elementwise.ts';
import { interpretLinear, interpretLogits } from './linear.ts';
import { interpretAveragePool, interpretGlobalAveragePool, interpretMaxPool } from './pooling.ts';
import type { IntegerLogits, IntegerNode, IntegerOp, IntegerProgram, IntegerShape } from './program.ts';
import { sizeOfShape } from './shape.ts';

type Kernel = (inputs: Uint8Array[], output: Uint8Array) => void;
type HiddenNode = Exclude<IntegerNode, IntegerLogits>;
type Kernels = { [Op in Exclude<IntegerOp, 'logits'>]: (node: Extract<IntegerNode, { op: Op }>, inputShapes: IntegerShape[]) => Kernel };

const ofOne =
  (kernel: (input: Uint8Array, output: Uint8Array) => void): Kernel =>
  ([input], output) =>
    kernel(input, output);

const kernels: Kernels = {
  input: (node) => ofOne(interpretAffine(node)),
  convolution: (node, [from]) => ofOne(interpretConvolution(node, from)),
  linear: (node) => ofOne(interpretLinear(node)),
  add: (node) => interpretAdd(node),
  affine: (node) => ofOne(interpretAffine(node)),
  maxPool: (node, [from]) => ofOne(interpretMaxPool(node, from)),
  averagePool: (node, [from]) => ofOne(interpretAveragePool(node, from)),
  globalAveragePool: (node) => ofOne(interpretGlobalAveragePool(node)),
  table: (node) => ofOne(interpretTable(node)),
  multiply: (node) => interpretMultiply(node),
  channelShuffle: (node) => ofOne(interpretChannelShuffle(node)),
  channelSlice: (node, [from]) => ofOne(interpretChannelSlice(node, from)),
  concat: (node, inputShapes) => interpretConcat(node, inputShapes),
  padChannels: (node, [from]) => ofOne(interpretPadChannels(node, from)),
  subsample: (node, [from]) => ofOne(interpretSubsample(node, from)),
};

/**
 * The kernel of one node that gives activations: writes `output` from `inputs`, of one image (the node `input` reads pixels).
 * It keeps memory of its own between calls and is for one thread.
 */
export function kernelOf(node: HiddenNode, inputShapes: IntegerShape[]): Kernel {
  return (kernels[node.op] as (node: HiddenNode, inputShapes: IntegerShape[]) => Kernel)(node, inputShapes);
}

export interface IntegerRunner {
  /**
   * @param pixels uint8 NHWC, a whole number of images
   * @returns `[images, classes]`
   * @throws RangeError if `pixels` is no whole number of images
   */
  integerLogits(pixels: Uint8Array): Int32Array;
  /** The same as real numbers: float32 of scale · integer. */
  logits(pixels: Uint8Array): Float32Array;
  /** The activations of every node for the image that was computed last, by name; overwritten by the next. */
  activations: ReadonlyMap<string, Uint8Array>;
}

/** @param program checked (`checkProgram`): the kernels themselves check nothing */
export function createIntegerRunner(program: IntegerProgram): IntegerRunner {
  const shapes = new Map(program.nodes.map(({ name, shape }) => [name, shape]));
  const activations = new Map<string, Uint8Array>();
  const [input] = program.nodes;
  const last = program.nodes.at(-1) as IntegerLogits;
  const pixelsPerImage = sizeOfShape(input.shape);

  const hidden = (program.nodes.slice(0, -1) as HiddenNode[]).map((node) => {
    const output = new Uint8Array(sizeOfShape(node.shape));
    activations.set(node.name, output);
    return {
      kernel: kernelOf(
        node,
        node.inputs.map((name) => shapes.get(name)!),
      ),
      inputs: node.inputs.map((name) => activations.get(name)!),
      output,
    };
  });
  const lastInput = activations.get(last.inputs[0])!;
  const toLogits = interpretLogits(last);

  function integerLogits(pixels: Uint8Array): Int32Array {
    if (pixels.length % pixelsPerImage !== 0)
      throw new RangeError(`${program.name} takes images of ${input.shape.join(' x ')} bytes; came ${pixels.length} bytes`);
    const classes = last.shape[0];
    const out = new Int32Array((pixels.length / pixelsPerImage) * classes);
    for (let image = 0; image * pixelsPerImage < pixels.length; image++) {
      hidden[0].inputs[0] = pixels.subarray(image * pixelsPerImage, (image + 1) * pixelsPerImage);
      for (const { kernel, inputs, output } of hidden) kernel(inputs, output);
      toLogits(lastInput, out.subarray(image * classes, (image + 1) * classes));
    }
    return out;
  }

  return {
    integerLogits,
    logits: (pixels) => Float32Array.from(integerLogits(pixels), (value) => value * Math.fround(last.scale)),
    activations,
  };
}
