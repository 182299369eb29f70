/**
 * What a backend is: something that turns a verified graph into a function from inputs to logits. The classifier
 * knows nothing else about how a network is computed, so a runtime other than TensorFlow.js is one more file here.
 * Whatever implements this must pass `conformance.ts`.
 */
export type BackendName = 'wasm' | 'webgpu' | 'onnx' | 'tensorflow';

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

export interface BackendDefinition {
  name: BackendName;
  /**
   * True for the backend that made the golden logits: plain IEEE arithmetic in a fixed order. Others are checked
   * again while they run.
   */
  reference: boolean;
  /** Idempotent. @throws AppError BACKEND_UNAVAILABLE */
  init(): Promise<void>;
  /** One line for people: what computes. Valid after `init`. */
  description(): string;
  /** @throws whatever the runtime throws for a graph that it cannot run */
  loadGraph(modelJson: object, weights: ArrayBuffer): Promise<InferenceGraph>;
}
