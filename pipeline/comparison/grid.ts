/** The grid of a comparison: every method under every seed, all else the same. */
import { join } from 'node:path';
import type { MethodSpec } from '../distillers/method-spec.ts';
import { configure, presetOptions, type Configuration } from '../presets/index.ts';
import { sha256 } from '../support/sha256.ts';

/** One training of the grid. */
export interface Cell {
  /** The method with its options, as tables and pictures name it. */
  label: string;
  seed: number;
  configuration: Configuration;
  folder: string;
}

/**
 * The cells in the order in which they are trained: the first seed of every method, then the second, so that an
 * interrupted comparison is a comparison of fewer seeds.
 * @param base all settings but method and seed; its method options hold for its own method alone, others have those of its preset
 */
export function gridOf(base: Configuration, methods: readonly MethodSpec[], seeds: readonly number[], folder: string): Cell[] {
  return seeds.flatMap((seed) =>
    methods.map(({ label, method, methodOptions }) => ({
      label,
      seed,
      configuration: configure({ ...base, method, methodOptions: { ...(method === base.method ? base.methodOptions : presetOptions(base.preset, method)), ...methodOptions }, seed }),
      folder: join(folder, `${folderName(label)}.seed${seed}`),
    })),
  );
}

/** A label as a folder's name; where letters had to go, a hash keeps different labels apart. */
function folderName(label: string): string {
  const plain = label.replace(/[^A-Za-z0-9.+_]+/g, '-').replace(/-$/, '');
  return plain === label ? plain : `${plain.slice(0, 60)}-${sha256(label).slice(0, 6)}`;
}
