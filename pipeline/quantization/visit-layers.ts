/** A frozen network on calibration images, of which chosen values are read: what ranges and corrected biases come from. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
import { runNodes, uploadConstants } from '../networks/run-frozen.ts';
import { activationCount } from '../networks/state.ts';

/** Images that are computed at once, and about how many values of activations they may have together. */
const BATCH = 32;
const BATCH_VALUES = 2 ** 26;

export const imagesOfBatch = ({ nodes }: Pick<FrozenNetwork, 'nodes'>): number =>
  Math.max(1, Math.min(BATCH, Math.floor(BATCH_VALUES / activationCount(nodes))));

export interface CalibrationImages {
  count: number;
  /** Inputs of the network for images `start` to `end`, normalised, NHWC, one after the other. */
  inputs(start: number, end: number): Float32Array;
}

export interface LayerVisitor {
  /** A tensor of the node that is to be read: its value, say. Undefined: nothing. */
  pick(node: FrozenNode, value: Tensor, inputs: Tensor[], constants: Record<string, Tensor>): Tensor | undefined;
  /** Its values on a batch of images. */
  read(node: FrozenNode, values: Float32Array): void;
  /** Told how many images more are done. */
  onImages?(count: number): void;
}

/** Runs every node of the network on all images, a batch at a time. */
export async function visitLayers(
  tf: Tfjs,
  network: FrozenNetwork,
  { count, inputs }: CalibrationImages,
  { pick, read, onImages }: LayerVisitor,
): Promise<void> {
  const { height, width, channels } = network.inputShape;
  const batch = imagesOfBatch(network);
  for (let start = 0; start < count; start += batch) {
    const end = Math.min(count, start + batch);
    const nodes: FrozenNode[] = [];
    const picked = tf.tidy(() => {
      const images = tf.tensor4d(inputs(start, end), [end - start, height, width, channels]);
      const values = new Map<string, Tensor>();
      return network.nodes.flatMap((node) => {
        const constants = uploadConstants(tf, node);
        const value = runNodes(tf, [node], images, () => constants, values).get(node.name)!;
        const from = node.op === 'input' ? [images] : node.inputs.map((name) => values.get(name)!);
        const tensor = pick(node, value, from, constants);
        if (tensor) nodes.push(node);
        return tensor ? [tensor] : [];
      });
    });
    for (const [i, tensor] of picked.entries()) read(nodes[i], (await tensor.data()) as Float32Array);
    tf.dispose(picked);
    onImages?.(end - start);
  }
}
