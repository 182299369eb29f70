import { createRequire } from 'node:module';
import path from 'node:path';
import {
  AppError,
  createIntegerWasmBackend,
  createInterpreterBackend,
  createTfjsWasmBackend,
  loadPackage,
  preprocessToPixels,
  selectBackend,
  VARIANTS,
  type BackendDefinition,
  type Classifier,
  type ImageInfo,
  type Manifest,
} from '@sld-edge/runtime';
import { decodeImage, readFolder } from '@sld-edge/runtime/node';
import type { ClassifyAnswer, ClassifyJob, InferenceSetup, WarmedVariant } from './protocol.ts';

export interface ImageClassifiers {
  warmed: WarmedVariant[];
  /** Decode, preprocess, infer. @param admit as for `decodeImage` @throws AppError IMAGE_* */
  classify(job: ClassifyJob, admit?: (info: ImageInfo) => Promise<void>): Promise<ClassifyAnswer>;
  dispose(): void;
}

/**
 * Loads all variants of all packages, each on the backend that computes its format and held against its goldens, in this process.
 *
 * @throws AppError of the first package that cannot be loaded or does not reproduce its goldens
 */
export async function createImageClassifiers(setup: InferenceSetup): Promise<ImageClassifiers> {
  /** In the order in which they are tried: the interpreter computes programs that the kernels don't. */
  const backends: BackendDefinition[] = [
    createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() }),
    createIntegerWasmBackend('wasm'),
    createInterpreterBackend(),
  ];
  const classifiers = new Map<string, { classifier: Classifier; manifest: Manifest }>();
  const warmed: WarmedVariant[] = [];
  for (const { name, version, manifestSha256, variants } of setup.packages) {
    const readFile = readFolder(setup.modelsDir, path.join(name, version));
    for (const variant of variants) {
      const pkg = await loadPackage(readFile, { variant, expectedManifestSha256: manifestSha256 });
      const { classifier, rejected } = await selectBackend(
        pkg,
        backends.filter(({ formats }) => formats.includes(VARIANTS[variant].format)),
      );
      classifiers.set(keyOf(name, version, variant), { classifier, manifest: pkg.manifest });
      warmed.push({
        model: name,
        version,
        variant,
        backend: classifier.backend,
        goldenError: classifier.goldenError,
        ...(rejected.length > 0 && { rejected }),
      });
    }
  }
  return {
    warmed,
    async classify({ bytes, model, version, variant, topK }, admit) {
      const found = classifiers.get(keyOf(model, version, variant));
      if (!found) throw new AppError('INTERNAL', { model, version, variant });
      let startedAt = performance.now();
      const image = await decodeImage(bytes, setup.limits, async (info) => {
        await admit?.(info);
        startedAt = performance.now();
      });
      const decodedAt = performance.now();
      const pixels = preprocessToPixels(image, found.manifest.preprocessing);
      const preprocessedAt = performance.now();
      const { predictions, abstained, inferenceMs } = await found.classifier.classifyPixels(pixels, topK);
      return {
        backend: found.classifier.backend,
        predictions,
        abstained,
        timingMs: { decode: decodedAt - startedAt, preprocess: preprocessedAt - decodedAt, inference: inferenceMs },
      };
    },
    dispose() {
      for (const { classifier } of classifiers.values()) classifier.dispose();
    },
  };
}

function keyOf(model: string, version: string, variant: string): string {
  return `${model}@${version} ${variant}`;
}

/** The binaries lie beside the package's entry; a prefix for tfjs ends in a slash. */
function wasmBinariesFolder(): string {
  return `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;
}
