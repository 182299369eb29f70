/** The presets there are: each states what differs from `defaults`, and why. Adding one is one entry here. */
import type { Configuration } from './configuration.ts';

export const presets: Record<string, Partial<Configuration>> = {
  default: {},

  /** All stages on a subset, in about a minute. Not a real result. */
  quick: {
    trainLimit: 2000,
    validationCount: 500,
    testLimit: 1000,
    epochs: 2,
    // A student that has hardly begun to learn has no margins, and of 1,000 images ten are a point.
    maxDrop: 5,
    quick: true,
  },

  /** The package that the repository ships: the default with a longer schedule. */
  long: { epochs: 16, warmupEpochs: 1 },

  /** The teacher of the default run: labels only, larger batches and rate, Nesterov, as ResNets are usually trained alone. */
  teacher: { student: 'resnet20', teacher: '', method: 'ce', epochs: 20, batchSize: 128, learningRate: 0.1, warmupEpochs: 1, nesterov: true, name: 'resnet20.fashion-mnist' },
};

/** @throws Error naming the presets where `name` is not one of them. */
export function presetNamed(name: string): Partial<Configuration> & { preset: string } {
  const preset = Object.hasOwn(presets, name) && presets[name];
  if (!preset) throw new Error(`unknown preset "${name}"; allowed: ${Object.keys(presets).join(', ')}`);
  return { preset: name, ...preset };
}

export { configure, defaults, recipeOf, trainingKey, type Configuration } from './configuration.ts';
