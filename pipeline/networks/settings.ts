/** Settings of the network that is trained. */
import type { SettingTable, Values } from '../support/setting.ts';
import { number, oneName } from '../support/value.ts';
import { networks } from './index.ts';

export const networkSettings = {
  student: {
    ...oneName<string>('resnet8', Object.keys(networks)),
    help: 'the network that is trained, by name (docs/networks.md)',
    group: 'learning',
    decides: 'weights',
    isFirst: true,
  },
  stochasticDepth: {
    ...number(0, { from: 0, below: 1 }),
    help: "rate at which training drops the branches of a transformer's last block, rising linearly from none at the first; 0: none",
    group: 'training',
    decides: 'weights',
  },
} as const satisfies SettingTable;

export type NetworkSettings = Values<typeof networkSettings>;
