/** Settings of the network that is trained. */
import type { SettingTable, Values } from '../support/setting.ts';
import { number, oneOf } from '../support/value.ts';
import { networks } from './index.ts';

export const networkSettings = {
  student: {
    ...oneOf<string>('resnet8', Object.keys(networks)),
    help: 'the network that is trained, by name (docs/networks.md)',
    group: 'learning',
    decides: 'weights',
    isFirst: true,
  },
  stochasticDepth: {
    ...number(0, { from: 0, below: 1 }),
    help: "rate at which training drops the branches of the last block, rising linearly from none at the first, in transformers, EfficientNet-Lite, timm's MobileNetV2 and ConvNeXt; 0: none",
    group: 'training',
    decides: 'weights',
  },
} as const satisfies SettingTable;

export type NetworkSettings = Values<typeof networkSettings>;
