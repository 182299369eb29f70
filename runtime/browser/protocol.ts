import type { BackendName } from '../backends/names.ts';
import type { Classification } from '../classifier/session.ts';
import type { ErrorParts } from '../errors/parts.ts';
import type { RejectedBackend } from '../classifier/demotion.ts';
import type { VariantName } from '../package/variants.ts';
import type { DecodedImage } from './decode/decode.ts';
import type { DownloadProgress } from '../transfer/fetch-package.ts';

/** Messages between the page and the inference worker. */

/** Backends that a browser can have. */
export const PAGE_BACKENDS = [
  'wasm',
  'wasm-relaxed',
  'wasm-scalar',
  'webgpu',
  'interpreter',
  'tfjs-wasm',
  'tfjs-webgpu',
] as const satisfies BackendName[];

export type PageBackendName = (typeof PAGE_BACKENDS)[number];

export interface StartOptions {
  /** Absolute URL of the folder that holds `index.json`, with a trailing slash. */
  modelsUrl: string;
  /** Bytes of `index.json`, which the page asks for while the worker's script comes; absent: the worker asks. */
  index?: Uint8Array;
  /** Name of the package; the index's default where absent. */
  model?: string;
  variant?: VariantName;
  /** Backends to try, in this order and no others; absent: the browser decides (`chooseCandidates`). */
  backends?: PageBackendName[];
  /** Threads that compute an image together; absent: as many as suit the device. */
  threads?: number;
  /** WebGPU adapters that gave wrong answers on this device before, and why. */
  distrustedAdapters: DistrustedAdapter[];
}

export interface DistrustedAdapter {
  adapter: string;
  /** The package with which it failed, `name@version`. */
  model: string;
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
  /** Absolute URLs of the package's sample images, and what they must hold. */
  samples: { url: string; label: string; bytes: number; sha256: string }[];
  /** Probability below which the answer should be withheld; null if none was chosen. */
  abstainThreshold: number | null;
  backend: BackendName;
  backendDescription: string;
  /** Reason why each backend that was considered earlier is not used. */
  rejected: RejectedBackend[];
  /** Largest absolute difference from the package's golden logits. */
  goldenError: number;
  adapter: string | null;
  /** Number that computes an image now. */
  threads: number;
  crossOriginIsolated: boolean;
  /** True if the browser alters the pixels that a page reads. */
  canvasNoise: boolean;
  /** Reason why an older package answers although the index names a newer one; null otherwise. */
  staleReason: string | null;
  /** Time from the start of the worker to the first backend that reproduced the goldens, in milliseconds. */
  startMs: number;
}

/** The answer for an image, with every class. */
export type ClassifyResult = Classification<DecodedImage>;

/** Picture that the image policy makes of a file, before the network's resizing: RGB, 3 bytes a pixel. */
export interface DecodeResult {
  format: string;
  width: number;
  height: number;
  rgb: Uint8Array;
}

export type InferenceRequest =
  | { type: 'start'; id: number; options: StartOptions }
  /** Ends the download that a start waits for, which then rejects with DOWNLOAD_STOPPED. */
  | { type: 'stop'; id: number }
  | { type: 'classify'; id: number; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'decode'; id: number; bytes: Uint8Array<ArrayBuffer> };

export type InferenceMessage =
  /** The first message of all: the worker's script has come and runs. */
  | { type: 'running' }
  | ({ type: 'downloading' } & DownloadProgress)
  | { type: 'status'; id: number; status: EngineStatus }
  | { type: 'result'; id: number; result: ClassifyResult | DecodeResult }
  | { type: 'error'; id: number; error: ErrorParts }
  /** Unasked: the backend in use was given up. */
  | { type: 'demoted'; status: EngineStatus; distrust: DistrustedAdapter | null }
  /** Unasked: the newest package has come and answers from here on, or `staleReason` says why not. */
  | { type: 'newest'; status: EngineStatus }
  /** Unasked: one thread answers from here on. */
  | { type: 'threads-lost'; reason: string };
