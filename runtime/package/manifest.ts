/**
 * The manifest of a package: the one document that tells a consumer what the files are, how to make
 * an input, and what the outputs mean. Format: docs/package-format.md.
 */

import type { GraphVariant, VariantFormat, VariantName } from './variants.ts';

/**
 * The version of the package format that this code writes.
 * - 2: a package may have variants beside `float32` and `uint8`.
 * - 3: golden outputs are binary files, one a variant; no variant is in every package; a package made without labels has no accuracy.
 */
export const FORMAT_VERSION = 3;

/** The oldest version that it reads; all from this to `FORMAT_VERSION` are read. */
export const OLDEST_FORMAT_VERSION = 1;

/** The oldest version in which golden outputs are files of their own. */
export const BINARY_GOLDENS_SINCE = 3;

/** The oldest version in which a package has any variants; before, it has `float32` and `uint8`. */
export const ANY_VARIANTS_SINCE = 3;

/** The oldest version with `Preprocessing.cropRatio`: readers of older ones would pass over it and see other pictures, and they refuse this one. */
export const CROP_RATIO_SINCE = 3;

/** A file of the package; `path` is relative to the manifest, with forward slashes. */
export interface FileEntry {
  path: string;
  bytes: number;
  /** Lower-case hexadecimal SHA-256 of the file's bytes. */
  sha256: string;
}

/** Steps from RGB bytes to the network's input; executed by `runtime/image/preprocess.ts` alone. */
export interface Preprocessing {
  /** The input's height and width in pixels. */
  height: number;
  width: number;
  /** 1: luma (ITU-R 601, as Pillow's mode "L"); 3: RGB. */
  channels: 1 | 3;
  /** `cover`: scale so that the shorter side fits, then crop the centre; `stretch`: ignore the aspect ratio. */
  fit: 'cover' | 'stretch';
  /** With `cover`: the part of the shorter side that is kept, above 0, at most 1; absent: 1, all of it. */
  cropRatio?: number;
  /** The resampling filter, antialiased, in fixed-point arithmetic. */
  filter: 'triangle';
  /** Per channel, of values in [0, 1]: input = (value / 255 - mean) / std. */
  mean: number[];
  std: number[];
}

export interface Accuracy {
  /** Fractions in [0, 1]. */
  top1: number;
  top5: number;
  /** Number of images that were measured. */
  count: number;
}

/** One set of weights of the same network. */
export interface Variant {
  /** Format of its name in `VARIANTS`. */
  format: VariantFormat;
  /** The graph (`model.json`) or the program (`program.json`), and its weight shards in order. */
  model: FileEntry;
  shards: FileEntry[];
  /** Sum of the shards' bytes. */
  weightBytes: number;
  /**
   * Accuracy on the whole test set, by the reference backend of its format (`tfjs-wasm`; `interpreter` of integers), the package loaded
   * from disk. Absent where nobody said what the pictures show: then there is `agreement`.
   */
  accuracy?: Accuracy;
  /** The same figures with float32's answer in the place of the true class, on pictures that calibrated nothing. */
  agreement?: Accuracy;
  /** Fraction of the test images on which the top-1 equals float32's. */
  agreementWithFloat32: number;
  /** Packages made before there was one have that of `Manifest.calibration` for all variants. */
  calibration?: VariantCalibration;
}

/** Meaning of logits. */
export interface Calibration {
  /** Probabilities are softmax(logits / temperature). */
  temperature: number;
  /** Largest probability below which an answer should be withheld; null if none was chosen. */
  abstainThreshold: number | null;
}

/** A variant's own, fitted on its logits of the validation images. */
export interface VariantCalibration extends Calibration {
  /** Expected calibration error on the test set, at temperature 1 and at `temperature`. */
  errorBefore: number;
  errorAfter: number;
  /** No temperature was fitted: every second of the validation images, or of the others, have no mistake to fit one on. Absent in older packages. */
  flawlessValidation?: true;
  /** Error that the threshold was chosen for, and its effect; null if there is none. */
  abstain: { allowedError: number; validation: SelectiveAccuracy; test: SelectiveAccuracy } | null;
}

export interface SelectiveAccuracy {
  /** Fraction of the images that are answered. */
  coverage: number;
  /** Fraction of those answers that are wrong. */
  error: number;
  /** Number of images, answered or not. */
  count: number;
}

/** The float32 network for other runtimes; neither server nor browser client uses it. */
export interface OnnxModel {
  /** Version of ONNX's operators that it is made of. */
  opset: number;
  /** Input `input` `[batch, channels, height, width]` float32, normalised; output `logits` `[batch, classes]`. */
  model: FileEntry;
  /** Quantization of the integer variant in the QDQ form, if the package has one. */
  int8?: Int8OnnxModel;
}

/** ONNX model of the same input and output. Measured by ONNX Runtime on the whole test set. */
export interface Int8OnnxModel {
  model: FileEntry;
  accuracy: Accuracy;
  /** Fractions of the test images on which the top-1 equals that of the float32 and of the integer variant. */
  agreementWithFloat32: number;
  agreementWithIntegers: number;
}

export interface Manifest {
  /** `OLDEST_FORMAT_VERSION` to `FORMAT_VERSION`. */
  formatVersion: number;
  name: string;
  /** First 12 hexadecimal digits of a SHA-256 over the package's content. */
  version: string;
  title: string;
  /** True for a run that proves the stages only (`--quick`): not a real result. */
  quick: boolean;
  labels: string[];
  preprocessing: Preprocessing;
  /** A later program's may have more; what this one knows of them lists `variantNames`. */
  variants: Partial<Record<VariantName, Variant>>;
  defaultVariant: VariantName;
  /** Packages made before there was one have none. */
  onnx?: OnnxModel;
  /** Calibration of the default variant. `calibrationOf` gives that of any. */
  calibration: Calibration;
  goldens: {
    /** JSON of the type `Goldens`. */
    index: FileEntry;
    /** The images' uint8 pixels after resize and grey, NHWC. */
    pixels: FileEntry;
    /**
     * Answers that each variant must give, `[count][classes]`, 4 bytes a number, little-endian: float32 logits of a graph model,
     * int32 of an integer program. `float32` is there too where the package lacks that variant. Versions 1 and 2 have none.
     */
    logits?: Partial<Record<VariantName, FileEntry>>;
    /** JSON of the type `GoldenLayers`, read only where a backend diverges; older packages have none. */
    layers?: FileEntry;
  };
  /** A few pictures to try the package with: test images as PNG, or pictures that came with weights as JPEG. */
  samples: { file: FileEntry; label: string }[];
  /** Files for people: report.html, card.md, the licence of the samples. */
  documents: FileEntry[];
  metrics: Record<string, number>;
  provenance: Record<string, unknown>;
}

/** One of each graph model that the package has. */
type OfGraphVariants<Value> = Partial<Record<GraphVariant, Value>>;

/** The golden images, and how far off a backend may be. */
export interface Goldens {
  count: number;
  /** Indices into `labels`: the true classes, or float32's answers where nobody said what the pictures show. */
  labels: number[];
  /** Largest allowed absolute difference of a graph model's logit, by backend name. An integer program's numbers must be equal. */
  tolerance: Record<string, number>;
  /** Reason why each image was chosen; older packages do not say. */
  kinds?: GoldenKind[];
  /** Measurements that the tolerances were derived from; older packages do not say. */
  measured?: {
    /** Largest absolute difference of a logit from the reference, by what was measured. */
    spread: Record<string, number>;
    /** Number of validation images. */
    images: number;
    /** A backend's tolerance is its spread times `own`, or the largest spread times `others` where it was not measured. */
    factors: { own: number; others: number };
    /** `spread.onnxInt8` is that of the int8 ONNX model from the integer variant, and this its factor. */
    factorInt8?: number;
  };
}

export type GoldenKind = 'natural' | 'saturated' | 'dark' | 'boundary';

/** Outputs of a few layers for a few goldens: with them a divergence is located. By the reference backend. */
export interface GoldenLayers {
  /** Indices into the goldens. */
  images: number[];
  /** Layers of each graph model, in the order in which they compute. */
  variants: OfGraphVariants<GoldenLayer[]>;
  /** Digests of the integer variant, if there is one: by node, the SHA-256 of its activations of all goldens, one after the other. */
  integer?: { activations: Record<string, string> };
}

export interface GoldenLayer {
  /** The node of the graph model. */
  name: string;
  /** Values of one image's output. */
  length: number;
  /** Recorded values: indices into the flattened output. */
  at: number[];
  /** `[images][at]` */
  values: number[][];
}

/** The version of `models/index.json`, which has not changed since 2. */
export const INDEX_FORMAT_VERSION = 2;

/** `models/index.json`: the packages there are, the newest of a name last. */
export interface ModelIndex {
  formatVersion: number;
  /** `name` of the package to serve when none is asked for. */
  default: string;
  packages: IndexEntry[];
  /** Other names for `name` or `name@version`, as `live`; whoever changes one changes what those that ask by it get. */
  aliases?: Record<string, string>;
}

export interface IndexEntry {
  name: string;
  version: string;
  title: string;
  quick: boolean;
  /** Relative to the index: `<name>/<version>/manifest.json`. */
  manifest: FileEntry;
  /**
   * Paths in the package of what its default variant needs (`neededFiles`), so that a client can fetch all of it together with the
   * manifest, which alone says what they must hold. Indexes made before there was one have none.
   */
  needed?: string[];
}
