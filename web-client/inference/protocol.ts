import type { ErrorCode, VariantName } from '@sld-edge/runtime';

/** What the page and the inference worker say to each other. */

export type BackendName = 'interpreter' | 'wasm' | 'wasm-relaxed' | 'tfjs-wasm' | 'tfjs-webgpu';

export interface StartOptions {
  /** Absolute URL of the folder that holds `index.json`, with a trailing slash. */
  modelsUrl: string;
  /** Name of the package; the index's default where absent. */
  model?: string;
  variant?: VariantName;
  /** Backends to try, in this order and no others; absent: the browser decides (`chooseCandidates`). */
  backends?: BackendName[];
  /** WebGPU adapters that gave wrong answers on this device before, and why. */
  distrustedAdapters: DistrustedAdapter[];
}

export interface DistrustedAdapter {
  adapter: string;
  /** The package with which it failed, `name@version`. */
  model: string;
  reason: string;
}

export interface RejectedBackend {
  backend: string;
  reason: string;
}

/** The state of the worker, as the details panel and `window.sldEdge.status()` show it. */
export interface EngineStatus {
  model: string;
  version: string;
  title: string;
  variant: VariantName;
  quick: boolean;
  labels: string[];
  /** Absolute URLs of the package's sample images. */
  samples: { url: string; label: string }[];
  /** Below this probability the answer should be withheld; null where none was chosen. */
  abstainThreshold: number | null;
  backend: string;
  backendDescription: string;
  /** Why each backend that was considered earlier is not used. */
  rejected: RejectedBackend[];
  /** Largest absolute difference from the package's golden logits. */
  goldenError: number;
  adapter: string | null;
  threads: number;
  crossOriginIsolated: boolean;
  /** True where the browser alters the pixels that a page reads. */
  canvasNoise: boolean;
  /** Why an older package answers although the index names a newer one; null otherwise. */
  staleReason: string | null;
  /** From the start of the worker to the first backend that reproduced the goldens, in milliseconds. */
  startMs: number;
}

export interface Prediction {
  label: string;
  index: number;
  probability: number;
}

export interface ClassifyResult {
  model: string;
  version: string;
  variant: VariantName;
  backend: string;
  /** Every class, the most probable first; calibrated. */
  predictions: Prediction[];
  /** The answer should be withheld: the likeliest class is less probable than the variant's threshold. */
  abstained: boolean;
  timingMs: { decode: number; preprocess: number; inference: number };
  image: { format: string; width: number; height: number };
  input: NetworkInput;
}

/** What the network is given, after resize and grey: `[height, width, channels]`, 0 to 255. */
export interface NetworkInput {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

/** An error that crossed the worker's border: matched on `code`, never on text. */
export interface WireError {
  code: ErrorCode;
  details: Record<string, string | number>;
}

/** What the image policy makes of a file, before the network's resizing: RGB, 3 bytes a pixel. */
export interface DecodeResult {
  format: string;
  width: number;
  height: number;
  rgb: Uint8Array;
}

export type ToWorker =
  | { type: 'start'; id: number; options: StartOptions }
  | { type: 'classify'; id: number; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'decode'; id: number; bytes: Uint8Array<ArrayBuffer> };

export type FromWorker =
  | { type: 'status'; id: number; status: EngineStatus }
  | { type: 'result'; id: number; result: ClassifyResult | DecodeResult }
  | { type: 'error'; id: number; error: WireError }
  /** Unasked: the backend in use was given up. */
  | { type: 'demoted'; status: EngineStatus; distrust: DistrustedAdapter | null };
