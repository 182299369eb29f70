import type { IntegerProgram } from '../integer/program.ts';
import type { VariantFormat } from '../package/variants.ts';
import type { BackendName } from './names.ts';

export interface InferenceGraph {
  /**
   * @param input NHWC, normalised
   * @param shape `[images, height, width, channels]`
   * @returns logits, `[images, classes]`
   */
  execute(input: Float32Array, shape: [number, number, number, number]): Promise<Float32Array>;
  /**
   * Outputs of nodes of the graph, `[images, …]` each, in the order of `names`. Where a runtime gives no such: absent.
   * @throws where a node is unknown
   */
  layers?(input: Float32Array, shape: [number, number, number, number], names: readonly string[]): Promise<Float32Array[]>;
  /** Frees what the graph holds; `execute` may not be called afterwards. */
  dispose(): void;
}

export interface ProgramOptions {
  /** Keeps the activations of every node, to locate a difference: slower, and computes by the same kernels. */
  keepActivations?: boolean;
}

export interface InferenceProgram {
  /**
   * @param pixels uint8 `[images, height, width, channels]`: the program has an input node of its own
   * @returns `[images, classes]`, the same integers on every backend
   */
  integerLogits(pixels: Uint8Array): Promise<Int32Array>;
  /** Activations of nodes for the image that was computed last, by name; of those that the backend keeps. */
  readonly activations: ReadonlyMap<string, Uint8Array>;
  /** Frees what the program holds; `integerLogits` may not be called afterwards. */
  dispose(): void;
}

/**
 * Interface of backends. A backend turns a verified network into a function from inputs to logits. The classifier knows nothing else about
 * how a network is computed, so a runtime other than TensorFlow.js is one more file here. Whatever implements this must pass the
 * conformance of what it computes (`runtime/testing`).
 */
export interface BackendDefinition {
  name: BackendName;
  /** Formats of the variants that it computes. It refuses a variant of another format: `openInference`. */
  formats: readonly VariantFormat[];
  /**
   * True for the backend that made the golden logits: plain IEEE arithmetic in a fixed order. Others are checked
   * again while they run.
   */
  reference: boolean;
  /** A GPU's driver picks other programs for other shapes and times: goldens run there more often (`GOLDEN_RUNS`). */
  device: 'processor' | 'gpu';
  /** Idempotent. @throws AppError BACKEND_UNAVAILABLE */
  init(): Promise<void>;
  /** One line for people: what computes. Valid after `init`. */
  description(): string;
  /** Present where `formats` has those of graph models. @throws whatever the runtime throws for a graph that it cannot run */
  loadGraph?(modelJson: object, weights: ArrayBuffer): Promise<InferenceGraph>;
  /** Present where `formats` has that of integer programs. */
  loadProgram?(program: IntegerProgram, options?: ProgramOptions): Promise<InferenceProgram>;
}

export type GraphBackend = BackendDefinition & Required<Pick<BackendDefinition, 'loadGraph'>>;
export type ProgramBackend = BackendDefinition & Required<Pick<BackendDefinition, 'loadProgram'>>;
