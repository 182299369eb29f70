/** MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as timm has it, in its widths and, with a `d`, depths; dropout as torchvision's. */
import { byName, timm, type Form, type Stage } from './inverted-residual-network.ts';

/** Table 2 of the paper. */
export const mobilenetV2Stages: Stage[] = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [3, 3, 2, 6, 32],
  [4, 3, 2, 6, 64],
  [3, 3, 1, 6, 96],
  [3, 3, 2, 6, 160],
  [1, 3, 1, 6, 320],
];

const form = (width: number, depth = 1): Form => ({
  names: timm,
  stages: mobilenetV2Stages,
  width,
  depth,
  fixedEnds: depth !== 1,
  dropout: 0.2,
});

export const mobilenetsV2Timm = byName([
  ['timm.mobilenetv2_035', form(0.35)],
  ['timm.mobilenetv2_050', form(0.5)],
  ['timm.mobilenetv2_075', form(0.75)],
  ['timm.mobilenetv2_100', form(1)],
  ['timm.mobilenetv2_110d', form(1.1, 1.2)],
  ['timm.mobilenetv2_120d', form(1.2, 1.4)],
  ['timm.mobilenetv2_140', form(1.4)],
]);
