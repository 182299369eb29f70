/**
 * Vision transformers (Dosovitskiy et al. 2020, arXiv 2010.11929) as timm and torchvision have them, pre-norm, with a class
 * token; DeiT's (Touvron et al. 2021, arXiv 2012.12877) are the same networks, or have a distillation token with a head of its own. Parameters are
 * named by the library that a name begins with; those for 32-pixel images (timm's names, patches of 4) have no original.
 * Positions are learnt for one image size: other sizes are other shapes.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

export interface TransformerSize {
  /** Side of the patches in pixels. */
  patch: number;
  width: number;
  depth: number;
  heads: number;
  /** A second token, whose head's logits are averaged with the class token's. */
  isDistilled?: true;
}

/** Names that a library gives the parts. */
interface Names {
  token: string;
  positions: string;
  patches: string;
  block(i: number): string;
  norm1: string;
  /** Queries, keys and values in one. */
  projection: { name: string; separator?: '_' };
  output: string;
  norm2: string;
  mlp: [string, string];
  norm: string;
  head: string;
}

/** Names by library. */
const namesOf = {
  timm: {
    token: 'cls_token',
    positions: 'pos_embed',
    patches: 'patch_embed.proj',
    block: (i) => `blocks.${i}`,
    norm1: 'norm1',
    projection: { name: 'attn.qkv' },
    output: 'attn.proj',
    norm2: 'norm2',
    mlp: ['mlp.fc1', 'mlp.fc2'],
    norm: 'norm',
    head: 'head',
  },
  torchvision: {
    token: 'class_token',
    positions: 'encoder.pos_embedding',
    patches: 'conv_proj',
    block: (i) => `encoder.layers.encoder_layer_${i}`,
    norm1: 'ln_1',
    projection: { name: 'self_attention.in_proj', separator: '_' },
    output: 'self_attention.out_proj',
    norm2: 'ln_2',
    mlp: ['mlp.0', 'mlp.3'],
    norm: 'encoder.ln',
    head: 'heads.head',
  },
} satisfies Record<string, Names>;

/** timm's names of what a distilled DeiT has besides. */
const DISTILLATION = { token: 'dist_token', head: 'head_dist' };

export type Library = keyof typeof namesOf;

/** Epsilon of every layer norm, in both libraries. */
const EPSILON = 1e-6;

/**
 * @param library whose names the parameters have
 * @throws Error for images that are no whole patches
 */
export function visionTransformer(
  name: string,
  library: Library,
  { patch, width, depth, heads, isDistilled }: TransformerSize,
  options: NetworkOptions,
): Network {
  const names: Names = namesOf[library];
  const { inputShape, classes, stochasticDepth = 0 } = options;
  if (inputShape.height % patch !== 0 || inputShape.width % patch !== 0)
    throw new Error(`they do not divide into patches of ${patch}x${patch}`);
  const g = new GraphBuilder();
  const linear = (x: NodeId, name: string, outFeatures: number, separator?: '_'): NodeId =>
    g.node('linear', [x], { name, outFeatures, start: 'transformer', ...(separator && { separator }) });
  const norm = (x: NodeId, name: string): NodeId => g.node('layerNorm', [x], { name, epsilon: EPSILON });
  const residual = (x: NodeId, branch: NodeId, rate: number): NodeId =>
    g.add(x, rate > 0 ? g.node('dropPath', [branch], { rate }) : branch);

  const patches = g.conv(g.input(inputShape), names.patches, width, {
    kernel: patch,
    stride: patch,
    padding: 0,
    bias: true,
    start: 'uniform',
  });
  const { token, positions } = names;
  let x = g.node('classToken', [patches], { token, positions, ...(isDistilled && { distillationToken: DISTILLATION.token }) });
  for (let i = 0; i < depth; i++) {
    const block = names.block(i);
    const rate = (stochasticDepth * i) / Math.max(1, depth - 1);
    const projected = linear(
      norm(x, `${block}.${names.norm1}`),
      `${block}.${names.projection.name}`,
      3 * width,
      names.projection.separator,
    );
    x = residual(x, linear(g.node('attention', [projected], { heads }), `${block}.${names.output}`, width), rate);
    const hidden = linear(norm(x, `${block}.${names.norm2}`), `${block}.${names.mlp[0]}`, 4 * width);
    x = residual(x, linear(g.node('gelu', [hidden], {}), `${block}.${names.mlp[1]}`, width), rate);
  }
  const take = (x: NodeId, index: number): NodeId => g.node('takeToken', [x], { index });
  if (isDistilled) {
    const normed = norm(x, names.norm);
    const [own, distilled] = [linear(take(normed, 0), names.head, classes), linear(take(normed, 1), DISTILLATION.head, classes)];
    return g.network(name, options, g.node('average', [own, distilled], {}));
  }
  // The last norm is of each token by itself, and only the class token is read.
  const features = norm(take(x, 0), names.norm);
  return g.network(name, options, linear(features, names.head, classes));
}

const tiny = { width: 192, depth: 12, heads: 3 };
const small = { width: 384, depth: 12, heads: 6 };
const base = { width: 768, depth: 12, heads: 12 };
const micro = { width: 128, depth: 6, heads: 4 };

const members: [name: string, library: Library, size: TransformerSize][] = [
  ['timm.vit_tiny_patch16_224', 'timm', { patch: 16, ...tiny }],
  ['timm.vit_small_patch16_224', 'timm', { patch: 16, ...small }],
  ['timm.vit_base_patch16_224', 'timm', { patch: 16, ...base }],
  ['timm.deit_tiny_patch16_224', 'timm', { patch: 16, ...tiny }],
  ['timm.deit_small_patch16_224', 'timm', { patch: 16, ...small }],
  ['timm.deit_tiny_distilled_patch16_224', 'timm', { patch: 16, ...tiny, isDistilled: true }],
  ['timm.deit_small_distilled_patch16_224', 'timm', { patch: 16, ...small, isDistilled: true }],
  ['torchvision.vit_b_16', 'torchvision', { patch: 16, ...base }],
  ['vit_tiny_patch4_32', 'timm', { patch: 4, ...tiny }],
  ['vit_micro_patch4_32', 'timm', { patch: 4, ...micro }],
];

export const visionTransformers: Record<string, (options: NetworkOptions) => Network> = Object.fromEntries(
  members.map(([name, library, size]) => [name, (options: NetworkOptions) => visionTransformer(name, library, size, options)]),
);
