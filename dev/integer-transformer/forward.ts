/** A vision transformer of timm's names, computed with rounded values as an integer program would. */
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../pipeline/engines/engine.ts';
import { joinHeads, normalDistribution, splitHeads, standardise } from '../../pipeline/engines/transformer-ops.ts';
import { shiftGelu, shiftSoftmax, shiftStandardise } from './shift-functions.ts';
import type { PassRounding } from './straight-through.ts';

const EPSILON = 1e-6;

export interface TransformerForward {
  patch: number;
  depth: number;
  heads: number;
  /** Bits of the sums that run through the network; everything else has 8. */
  residualBits: number;
  /** Softmax, GELU and layer norm by shifts, or in float32 between rounded values. */
  functions: 'float32' | 'shifts';
}

/** @param images normalised, `[batch, height, width, channels]`; @returns logits */
export function transformerLogits(
  tf: Tfjs,
  weights: ReadonlyMap<string, Tensor>,
  images: Tensor4D,
  { patch, depth, heads, residualBits, functions }: TransformerForward,
  rounding: PassRounding,
): Tensor {
  const weight = (name: string): Tensor => {
    const found = weights.get(name);
    if (!found) throw new Error(`the checkpoint has no ${name}`);
    return found;
  };
  const act = <T extends Tensor>(x: T, place: string, bits = 8): T => rounding.activation(x, place, bits);
  const scaleFor = (place: string): number | undefined => (functions === 'shifts' ? rounding.scaleOf(place) : undefined);
  /** PyTorch's `[out, in]`. */
  const linear = (x: Tensor, name: string): Tensor => {
    const columns = x.shape[x.rank - 1];
    const flat = tf.matMul(tf.reshape(x, [-1, columns]), rounding.weight(tf.transpose(weight(`${name}.weight`))) as never);
    return tf.reshape(tf.add(flat, weight(`${name}.bias`)), [...x.shape.slice(0, -1), -1]);
  };
  const norm = (x: Tensor, from: string, name: string): Tensor => {
    const scale = scaleFor(from);
    const rows = scale ? shiftStandardise(tf, x, scale) : standardise(tf, x, EPSILON).standardised;
    return act(tf.add(tf.mul(rows, weight(`${name}.weight`)), weight(`${name}.bias`)), name);
  };
  const attention = (projected: Tensor, name: string): Tensor => {
    const { queries, keys, values } = splitHeads(tf, projected, heads);
    const scores = act(tf.matMul(queries, keys, false, true), `${name}.scores`);
    const scale = scaleFor(`${name}.scores`);
    const shares = scale ? shiftSoftmax(tf, scores, scale) : tf.softmax(scores);
    return act(joinHeads(tf, tf.matMul(act(shares, `${name}.shares`), values)), `${name}.context`);
  };
  const gelu = (x: Tensor, place: string): Tensor => {
    const scale = scaleFor(place);
    return act(scale ? shiftGelu(tf, x, scale) : tf.mul(x, normalDistribution(tf, x)), `${place}.gelu`);
  };

  const filter = rounding.weight(tf.transpose(weight('patch_embed.proj.weight'), [2, 3, 1, 0])) as Tensor4D;
  const patches = tf.add(tf.conv2d(act(images, 'input'), filter, patch, 'valid'), weight('patch_embed.proj.bias'));
  const [batch, rows, columns, width] = patches.shape as [number, number, number, number];
  const token = tf.tile(tf.reshape(weight('cls_token'), [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.concat([token, tf.reshape(patches, [batch, rows * columns, width])], 1);
  let place = 'embedding';
  let x: Tensor = act(tf.add(tokens, weight('pos_embed')), place, residualBits);
  const residual = (branch: Tensor, next: string): void => {
    x = act(tf.add(x, act(branch, `${next}.branch`)), next, residualBits);
    place = next;
  };
  for (let i = 0; i < depth; i++) {
    const block = `blocks.${i}`;
    const projected = act(linear(norm(x, place, `${block}.norm1`), `${block}.attn.qkv`), `${block}.attn.qkv`);
    residual(linear(attention(projected, `${block}.attn`), `${block}.attn.proj`), `${block}.sum1`);
    const hidden = act(linear(norm(x, place, `${block}.norm2`), `${block}.mlp.fc1`), `${block}.mlp.fc1`);
    residual(linear(gelu(hidden, `${block}.mlp.fc1`), `${block}.mlp.fc2`), `${block}.sum2`);
  }
  const first = tf.slice(x as Tensor3D, [0, 0, 0], [-1, 1, -1]);
  return linear(tf.reshape(norm(first, place, 'norm'), [batch, width]), 'head');
}
