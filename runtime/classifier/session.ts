import type { BackendName } from '../backends/names.ts';
import type { ImageInfo, RgbImage } from '../image/index.ts';
import type { LoadedPackage } from '../package/load.ts';
import type { Preprocessing } from '../package/manifest.ts';
import type { VariantName } from '../package/variants.ts';
import type { PixelClassifier, Prediction } from './classifier.ts';
import { abstains } from './abstain.ts';
import type { CallOptions } from './call-options.ts';
import { createDemotingClassifier, type Candidate, type DemotingClassifier, type DemotionOptions } from './demotion.ts';

/** Waits between the inspection of an image and its decoding: who shares memory waits here until there is enough. */
export type Admit = (info: ImageInfo) => Promise<void>;

export interface SessionOptions<Input, Image extends RgbImage> extends DemotionOptions {
  /** An input to RGB, by the image policy (docs/images.md). It waits for `admit` before it decodes. @throws AppError IMAGE_* */
  decode: (input: Input, admit?: Admit) => Promise<Image>;
  /** RGB to the network's input pixels, as `preprocessBy` says. */
  preprocess: (image: RgbImage, preprocessing: Preprocessing) => Uint8Array | Promise<Uint8Array>;
}

export interface ClassifyOptions extends Pick<CallOptions, 'topK' | 'threshold'> {
  admit?: Admit;
}

/** Pixels that the network is given, after resize and grey: `[height, width, channels]`, 0 to 255. */
export interface NetworkInput {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

export interface Classification<Image extends RgbImage = RgbImage> {
  model: string;
  version: string;
  variant: VariantName;
  /** The one that computed this answer. */
  backend: BackendName;
  /** The likeliest classes, largest probability first; calibrated. */
  predictions: Prediction[];
  /** The likeliest class is less probable than the variant's threshold: the answer should be withheld. */
  abstained: boolean;
  /** Outputs of the network, by class: probabilities are the softmax of these over the calibration's temperature. */
  logits: Float32Array;
  /** Waiting to be admitted does not count. */
  timingMs: { decode: number; preprocess: number; inference: number };
  /** The decoded image, without its pixels. */
  image: Omit<Image, 'data'>;
  input: NetworkInput;
}

/** A loaded package and the backend that answers for it, from an image's file to its labels. */
export interface Session<Input, Image extends RgbImage>
  extends
    Pick<PixelClassifier, 'model' | 'version' | 'variant' | 'backend' | 'goldenError'>,
    Pick<DemotingClassifier, 'description' | 'rejected'> {
  /** @throws AppError of `decode`, and of the last backend when none is left */
  classify(input: Input, options?: ClassifyOptions): Promise<Classification<Image>>;
  dispose(): void;
}

/**
 * Makes a session: decode, preprocess, classify, each with its clock, on the first candidate that reproduces the package's
 * goldens. Page and server both answer by it. A backend that fails later is demoted (`createDemotingClassifier`).
 *
 * @param candidates in the order in which to try them, at least one
 * @throws AppError of the last candidate where none works
 */
export async function createSession<Input, Image extends RgbImage>(
  pkg: LoadedPackage,
  candidates: readonly Candidate[],
  { decode, preprocess, ...options }: SessionOptions<Input, Image>,
): Promise<Session<Input, Image>> {
  const { manifest, variant } = pkg;
  const { preprocessing, name: model, version } = manifest;
  const { width, height, channels } = preprocessing;
  const classifier = await createDemotingClassifier(pkg, candidates, options);

  return {
    model,
    version,
    variant,
    get backend() {
      return classifier.current.backend;
    },
    get goldenError() {
      return classifier.current.goldenError;
    },
    get description() {
      return classifier.description;
    },
    rejected: classifier.rejected,
    async classify(input, { topK, threshold, admit } = {}) {
      let startedAt = performance.now();
      const admitted: Admit = async (info) => {
        await admit!(info);
        startedAt = performance.now();
      };
      const decoded = await decode(input, admit && admitted);
      const decodedAt = performance.now();
      const pixels = await preprocess(decoded, preprocessing);
      const preprocessedAt = performance.now();
      const { backend, predictions, abstained, logits, inferenceMs } = await classifier.classifyPixels(pixels, topK);
      const { data, ...image } = decoded;
      return {
        model,
        version,
        variant,
        backend,
        predictions,
        abstained: threshold === undefined ? abstained : abstains(predictions[0].probability, threshold),
        logits,
        timingMs: { decode: decodedAt - startedAt, preprocess: preprocessedAt - decodedAt, inference: inferenceMs },
        image,
        input: { width, height, channels, pixels },
      };
    },
    dispose: () => classifier.dispose(),
  };
}
