/** The grid of a comparison: every method under every seed, all else the same but for what a row states. */
import { join } from 'node:path';
import type { MethodSpec } from '../distillers/method-spec.ts';
import type { RunConfiguration } from '../packaging/settings.ts';
import { sha256 } from '../support/sha256.ts';

/** One training of the grid. */
export interface Cell {
  /** The method with its options, as tables and pictures name it. */
  label: string;
  seed: number;
  configuration: RunConfiguration;
  folder: string;
}

/**
 * The cells in the order in which they are trained: the first seed of every method, then the second, so that an
 * interrupted comparison is a comparison of fewer seeds.
 * @param configurationOf the settings of a training by a method under a seed
 */
export function gridOf<R extends MethodSpec>(
  methods: readonly R[],
  seeds: readonly number[],
  folder: string,
  configurationOf: (method: R, seed: number) => RunConfiguration,
): Cell[] {
  return seeds.flatMap((seed) =>
    methods.map((method) => ({
      label: method.label,
      seed,
      configuration: configurationOf(method, seed),
      folder: join(folder, `${folderName(method.label)}.seed${seed}`),
    })),
  );
}

/** A label as a folder's name; where letters had to go, a hash keeps different labels apart. */
function folderName(label: string): string {
  const plain = label.replace(/[^A-Za-z0-9.+_]+/g, '-').replace(/-$/, '');
  return plain === label ? plain : `${plain.slice(0, 60)}-${sha256(label).slice(0, 6)}`;
}
