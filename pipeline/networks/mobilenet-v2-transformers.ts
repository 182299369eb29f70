/**
 * MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as Hugging Face transformers have it, whose weights are TensorFlow's: SAME
 * padding for the size at hand, batch norm's ε 1e-3, and an output for the background before ImageNet's 1,000.
 */
import type { Pair } from './inverted-residual.ts';
import { byName, type Form, type Names } from './inverted-residual-network.ts';
import { mobilenetV2Stages } from './mobilenet-v2-timm.ts';

const ROOT = 'mobilenet_v2';
const pair = (name: string): Pair => [`${ROOT}.${name}.convolution`, `${ROOT}.${name}.normalization`];

const names: Names = {
  stem: pair('conv_stem.first_conv'),
  // The first block is part of the stem.
  block({ block, expands }) {
    if (block === 0) return { depthwise: pair('conv_stem.conv_3x3'), project: pair('conv_stem.reduce_1x1') };
    const name = `layer.${block - 1}`;
    return {
      ...(expands && { expand: pair(`${name}.expand_1x1`) }),
      depthwise: pair(`${name}.conv_3x3`),
      project: pair(`${name}.reduce_1x1`),
    };
  },
  head: pair('conv_1x1'),
  classifier: 'classifier',
};

const form = (width: number): Form => ({
  names,
  stages: mobilenetV2Stages,
  width,
  depth: 1,
  fixedEnds: false,
  padding: 'same',
  epsilon: 1e-3,
  dropout: 0.2,
});

export const mobilenetsV2Transformers = byName([
  ['transformers.mobilenet_v2_0.35', form(0.35)],
  ['transformers.mobilenet_v2_0.75', form(0.75)],
  ['transformers.mobilenet_v2_1.0', form(1)],
  ['transformers.mobilenet_v2_1.4', form(1.4)],
]);
