/** Settings of what quantization may cost. */
import type { SettingTable, Values } from '../support/setting.ts';
import { number } from '../support/value.ts';

export const quantizationSettings = {
  maxDrop: {
    ...number(0.5, { from: 0 }),
    help: 'points of top-1 that quantization may cost',
    unit: 'percentage points',
    group: 'package',
    decides: 'package',
    isFirst: true,
  },
} as const satisfies SettingTable;

export type QuantizationSettings = Values<typeof quantizationSettings>;
