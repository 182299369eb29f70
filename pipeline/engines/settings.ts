/** Settings of where a training computes. */
import type { SettingTable, Values } from '../support/setting.ts';
import { oneName } from '../support/value.ts';
import { engineNames } from './engine.ts';

export const engineSettings = {
  // The name of the engine that answered belongs to the key of a run; how it was asked for does not.
  engine: {
    ...oneName('auto', ['auto', ...engineNames]),
    help: `where networks compute: ${['auto', ...engineNames].join(', ')}; one that is named is never replaced by another (docs/engines.md)`,
    group: 'run',
    decides: 'nothing',
    isFirst: true,
  },
} as const satisfies SettingTable;

export type EngineSettings = Values<typeof engineSettings>;
