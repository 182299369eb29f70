/** Settings of the network that is trained. */
import type { SettingTable, Values } from '../support/setting.ts';
import { number, text, type ValueKind } from '../support/value.ts';
import { isNetworkName, networks } from './index.ts';

const networkName = (value: string): ValueKind<string> => {
  const names = Object.keys(networks);
  return {
    default: value,
    allowed: `one of ${names.join(', ')}, or the first stages of one as NAME:stages=5`,
    holds: (v) => typeof v === 'string' && isNetworkName(v),
    parse: (text) => text,
    names,
  };
};

export const networkSettings = {
  student: {
    ...networkName('resnet8'),
    help: 'the network that is trained, by name; NAME:stages=5 is its first five stages (docs/networks.md)',
    group: 'learning',
    decides: 'weights',
    isFirst: true,
  },
  from: {
    ...text(''),
    help: 'weights that the network starts from: a pretrained network by name, or a .safetensors, .pth, .th or .pt file; empty: random ones (docs/transfer.md)',
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
