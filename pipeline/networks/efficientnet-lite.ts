/**
 * EfficientNet-Lite0 to 4: EfficientNet (Tan and Le 2019, arXiv 1905.11946) with ReLU6, without squeeze and excitation, with
 * a stem and a head that keep their widths. Names of `efficientnet_lite_pytorch`, whose weights are TensorFlow's: SAME padding
 * for the size at hand, batch norm's ε 1e-3. timm's `tf_efficientnet_lite*` are the same networks under its names; its own
 * `efficientnet_lite0` pads as PyTorch does, with an ε of 1e-5. Stochastic depth is 0.2 in the original.
 */
import type { Pair } from './inverted-residual.ts';
import { byName, timm, type Form, type Names, type Stage } from './inverted-residual-network.ts';

const original: Names = {
  stem: ['_conv_stem', '_bn0'],
  block({ block, expands }) {
    const pair = (convolution: string, norm: string): Pair => [`_blocks.${block}.${convolution}`, `_blocks.${block}.${norm}`];
    return {
      ...(expands && { expand: pair('_expand_conv', '_bn0') }),
      depthwise: pair('_depthwise_conv', '_bn1'),
      project: pair('_project_conv', '_bn2'),
    };
  },
  head: ['_conv_head', '_bn1'],
  classifier: '_fc',
};

const stages: Stage[] = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
];

const tensorflow = { stages, fixedEnds: true, padding: 'same', epsilon: 1e-3 } as const;

const forms: Omit<Form, 'names'>[] = [
  { ...tensorflow, width: 1, depth: 1, dropout: 0.2 },
  { ...tensorflow, width: 1, depth: 1.1, dropout: 0.2 },
  { ...tensorflow, width: 1.1, depth: 1.2, dropout: 0.3 },
  { ...tensorflow, width: 1.2, depth: 1.4, dropout: 0.3 },
  { ...tensorflow, width: 1.4, depth: 1.8, dropout: 0.3 },
];

export const efficientnetsLite = byName([
  ...forms.map((form, i) => [`efficientnet_lite${i}`, { ...form, names: original }] as const),
  ...forms.map((form, i) => [`timm.tf_efficientnet_lite${i}`, { ...form, names: timm }] as const),
  ['timm.efficientnet_lite0', { names: timm, stages, fixedEnds: true, width: 1, depth: 1, dropout: 0.2 }],
]);
