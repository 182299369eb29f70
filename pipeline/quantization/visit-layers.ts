/** A frozen network on calibration images, of which chosen values are read: what ranges and corrected biases come from. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
import { runNodes, uploadConstants } from '../networks/run-frozen.ts';

/** Images that are computed at once. */
const BATCH = 32;

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
}

/** Runs every node of the network on all images, a batch at a time. */
export async function visitLayers(
  tf: Tfjs,
  network: FrozenNetwork,
  { count, inputs }: CalibrationImages,
  { pick, read }: LayerVisitor,
): Promise<void> {
  const { height, width, channels } = network.inputShape;
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(count, start + BATCH);
    const nodes: FrozenNode[] = [];
    const picked = tf.tidy(() => {
      const batch = tf.tensor4d(inputs(start, end), [end - start, height, width, channels]);
      const values = new Map<string, Tensor>();
      return network.nodes.flatMap((node) => {
        const constants = uploadConstants(tf, node);
        const value = runNodes(tf, [node], batch, () => constants, values).get(node.name)!;
        const from = node.op === 'input' ? [batch] : node.inputs.map((name) => values.get(name)!);
        const tensor = pick(node, value, from, constants);
        if (tensor) nodes.push(node);
        return tensor ? [tensor] : [];
      });
    });
    for (const [i, tensor] of picked.entries()) read(nodes[i], (await tensor.data()) as Float32Array);
    tf.dispose(picked);
  }
}
