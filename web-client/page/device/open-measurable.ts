import type { ClassifierReport, PageBackendName } from '@sld-edge/runtime';
import { loadClassifier } from '../load-classifier.ts';
import { readParameters } from '../parameters.ts';
import { readSample } from '../samples.ts';
import type { Measurable } from './measure-backend.ts';

/** Shown to a model without samples: what it says of it does not matter here. */
const NOTHING_SIDE = 32;

/**
 * Makes another classifier of the model that answers, on one backend and no other, for a sample of the package.
 *
 * @param folder of the page, with a trailing slash
 * @throws AppError as `Classifier.load` and `readSample`
 */
export async function openMeasurable(
  { model, variant, samples }: ClassifierReport,
  folder: string,
  backend: PageBackendName,
  signal: AbortSignal,
): Promise<Measurable> {
  const picture = samples.length > 0 ? await readSample(samples[0]) : new ImageData(NOTHING_SIDE, NOTHING_SIDE);
  const { threads } = readParameters(location.search);
  const classifier = await loadClassifier(folder, { model, variant, backend, threads, signal });
  return {
    inferenceMs: async () => (await classifier.classify(picture, { topK: 1 })).timingMs.inference,
    dispose: () => classifier.dispose(),
  };
}
