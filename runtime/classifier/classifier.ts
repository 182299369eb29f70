import type { BackendDefinition } from '../backends/backend.ts';
import type { BackendName } from '../backends/names.ts';
import { AppError } from '../errors/catalogue.ts';
import { calibrationOf } from '../package/calibration.ts';
import type { LoadedPackage } from '../package/load.ts';
import type { VariantName } from '../package/variants.ts';
import { abstains } from './abstain.ts';
import { checkGoldens } from './goldens.ts';
import { openInference, requireFormat } from './inference.ts';
import { softmax } from './softmax.ts';
import { topK } from './top-k.ts';

export interface Prediction {
  label: string;
  /** Into the manifest's `labels`. */
  index: number;
  /** Calibrated, in [0, 1]. */
  probability: number;
}

export interface PixelClassification {
  /** The likeliest classes, largest probability first. */
  predictions: Prediction[];
  /** The likeliest class is less probable than the variant's threshold: the answer should be withheld. */
  abstained: boolean;
  /** Outputs of the network, by class. */
  logits: Float32Array;
  inferenceMs: number;
}

/** A package's variant on one backend, which takes pixels. */
export interface PixelClassifier {
  readonly model: string;
  readonly version: string;
  readonly variant: VariantName;
  readonly backend: BackendName;
  /** Largest absolute difference from a golden logit when the classifier was made; of the integer variant 0. */
  readonly goldenError: number;
  /** @param pixels uint8 `[images, height, width, channels]` @returns logits `[images, classes]` */
  logits(pixels: Uint8Array): Promise<Float32Array>;
  /**
   * Classifies one image that is preprocessed (`preprocessToPixels`).
   *
   * @param topK how many predictions, default 5
   */
  classifyPixels(pixels: Uint8Array, topK?: number): Promise<PixelClassification>;
  dispose(): void;
}

export interface ClassifierOptions {
  /**
   * A backend other than the reference computes the goldens again after so many images; default `RECHECK_EVERY` of its device.
   * A classifier that no longer reproduces them answers nothing more.
   */
  recheckEvery?: number;
  /** Number of times that the goldens are computed before the first answer. Default `GOLDEN_RUNS` of the backend's device. */
  goldenRuns?: number;
  /** Ends the making of a classifier; what is thrown is the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Number of times that the goldens are computed before the first answer. A processor runs the same instructions each time, so that once,
 * image by image, says everything; a GPU gets them one by one, all at once and one by one again.
 */
export const GOLDEN_RUNS: Record<BackendDefinition['device'], number> = { processor: 1, gpu: 3 };

/** Images between two checks while a classifier runs. A GPU that was right at the start can be wrong later. */
export const RECHECK_EVERY: Record<BackendDefinition['device'], number> = { processor: 500, gpu: 50 };

/**
 * Makes a classifier of a package on a backend, after the backend reproduced the package's goldens
 * (`GOLDEN_RUNS`). Inference is queued: calls may overlap, computations do not.
 *
 * @throws AppError BACKEND_UNAVAILABLE, BACKEND_GOLDEN_MISMATCH
 */
export async function createClassifier(
  pkg: LoadedPackage,
  backend: BackendDefinition,
  { recheckEvery = RECHECK_EVERY[backend.device], goldenRuns = GOLDEN_RUNS[backend.device], signal }: ClassifierOptions = {},
): Promise<PixelClassifier> {
  const { manifest } = pkg;
  const { preprocessing, labels } = manifest;
  const { height, width, channels } = preprocessing;
  const calibration = calibrationOf(manifest, pkg.variant);
  const bytesPerImage = height * width * channels;

  requireFormat(pkg, backend);
  await backend.init();
  const inference = await openInference(pkg, backend);
  let goldenError: number;
  try {
    goldenError = await checkGoldens(pkg, backend, inference.outputs, goldenRuns, signal);
  } catch (error) {
    inference.dispose();
    throw error;
  }

  const enqueue = createSerialQueue();
  let inferencesSinceCheck = 0;
  let divergence: AppError | null = null;
  let disposed = false;

  /** Checks the backend before the answer that would be one too many, not after it: what is answered was computed by a checked backend. */
  const recheck = async (): Promise<void> => {
    if (divergence) throw divergence;
    if (backend.reference || inferencesSinceCheck < recheckEvery) return;
    inferencesSinceCheck = 0;
    try {
      await checkGoldens(pkg, backend, inference.outputs, 1);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      divergence = error;
      throw error;
    }
  };

  const logits = async (pixels: Uint8Array): Promise<Float32Array> => {
    if (disposed) throw new Error('the classifier was disposed of');
    if (pixels.length === 0 || pixels.length % bytesPerImage !== 0) {
      throw new RangeError(`expected a multiple of ${bytesPerImage} bytes (${height} x ${width} x ${channels}), got ${pixels.length}`);
    }
    return enqueue(async () => {
      await recheck();
      inferencesSinceCheck += pixels.length / bytesPerImage;
      return inference.logitsOf(await inference.outputs(pixels));
    });
  };

  const classifyPixels: PixelClassifier['classifyPixels'] = async (pixels, k = 5) => {
    const startedAt = performance.now();
    const row = await logits(pixels);
    const inferenceMs = performance.now() - startedAt;
    if (row.length !== labels.length) throw new RangeError('classifyPixels takes one image');
    const probabilities = softmax(row, calibration.temperature);
    const predictions = topK(probabilities, k).map((index) => ({ label: labels[index], index, probability: probabilities[index] }));
    const abstained = abstains(probabilities[topK(probabilities, 1)[0]], calibration.abstainThreshold);
    return { predictions, abstained, logits: row, inferenceMs };
  };

  return {
    model: manifest.name,
    version: manifest.version,
    variant: pkg.variant,
    backend: backend.name,
    goldenError,
    logits,
    classifyPixels,
    dispose() {
      if (disposed) return;
      disposed = true;
      // After the inferences that were asked for before.
      void enqueue(async () => inference.dispose());
    },
  };
}

/** Runs tasks one after the other; each call's promise settles with its own task's result. */
type SerialQueue = <Result>(task: () => Promise<Result>) => Promise<Result>;

/**
 * One promise chain. Inference is serial because TensorFlow.js's current backend and tensor scopes belong to the
 * whole process, because inputs in flight would otherwise pile up in memory that WebAssembly never gives back, and
 * because a golden check must see the backend as the inferences around it did.
 */
function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
