import type { InferenceGraph } from '../backends/backend.ts';
import { normalise } from '../image/index.ts';
import type { LoadedPackage } from '../package/load.ts';
import type { GoldenLayers } from '../package/manifest.ts';
import { isGraphVariant } from '../package/variants.ts';

/** Difference of one layer's output from the recorded one. */
export interface LayerDivergence {
  name: string;
  /** Largest absolute difference of a recorded value, relative to the largest recorded magnitude; NaN if any is. */
  relativeError: number;
}

/** Difference beyond what other orders of summation give; a wrong kernel gives a thousand times that. */
export const DIVERGED = 1e-3;

/**
 * Locates where a backend that does not reproduce the golden logits of a graph model begins to differ; `firstDifference` does so for an
 * integer program. Returns the recorded layers in the order in which they compute, and the first that lies beyond `DIVERGED`; undefined if
 * all agree and the fault lies behind the last.
 *
 * @throws Error if the graph gives no outputs of layers
 */
export async function locateDivergence(
  pkg: LoadedPackage,
  golden: GoldenLayers,
  graph: InferenceGraph,
): Promise<{ first?: LayerDivergence; layers: LayerDivergence[] }> {
  if (!graph.layers) throw new Error('this backend gives logits alone');
  const { height, width, channels } = pkg.manifest.preprocessing;
  const recorded = isGraphVariant(pkg.variant) ? golden.variants[pkg.variant] : undefined;
  if (!recorded) throw new Error(`no outputs of layers are recorded for ${pkg.variant}`);
  const imageBytes = height * width * channels;
  const errors = recorded.map(() => 0);
  const largest = recorded.map(({ values }) => Math.max(...values.flat().map(Math.abs)));
  for (const [row, image] of golden.images.entries()) {
    const input = normalise(pkg.goldenPixels.subarray(image * imageBytes, (image + 1) * imageBytes), pkg.manifest.preprocessing);
    const outputs = await graph.layers(
      input,
      [1, height, width, channels],
      recorded.map(({ name }) => name),
    );
    recorded.forEach(({ at, values, length }, i) => {
      const wrongSize = outputs[i].length !== length;
      at.forEach((index, k) => {
        // Math.max of a NaN is NaN, and stays one.
        errors[i] = Math.max(errors[i], wrongSize ? NaN : Math.abs(outputs[i][index] - values[row][k]));
      });
    });
  }
  const layers = recorded.map(({ name }, i) => ({ name, relativeError: largest[i] > 0 ? errors[i] / largest[i] : errors[i] }));
  return { first: layers.find(({ relativeError }) => !(relativeError <= DIVERGED)), layers };
}
