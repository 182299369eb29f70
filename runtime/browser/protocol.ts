import type { PageBackendName } from '../backends/names.ts';
import type { TfjsWasmFileMap } from '../backends/tfjs-wasm.ts';
import type { CallOptions } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import type { Classification } from '../classifier/session.ts';
import type { ErrorParts } from '../errors/parts.ts';
import type { Pixels } from '../image/pixels.ts';
import type { DownloadProgress, WantedModel } from '../transfer/fetch-package.ts';
import type { DecodedImage } from './decode/decode.ts';

/** Messages between the page and the inference worker. */

/** Under this name the worker's script, imported by a page, looks for who starts it there. */
export const IN_PAGE = Symbol.for('@sld-edge/runtime: inference in a page');

export interface StartOptions extends WantedModel {
  /** Absolute URL, as `fetchModel` takes it. */
  address: string;
  /** Bytes of `index.json`, which the page asks for while the worker's script comes; absent: the worker asks. */
  index?: Uint8Array;
  /** Index of what is wholly on the device (`DownloadOptions.earlierIndex`). */
  earlierIndex?: string;
  /** Backends to try, in this order and no others; absent: the browser decides (`chooseCandidates`). */
  backends?: readonly PageBackendName[];
  /** Threads that compute an image together; absent: as many as suit the device. */
  threads?: number;
  /** WebGPU adapters that gave wrong answers on this device before, and why. */
  distrustedAdapters: readonly DistrustedAdapter[];
  /** Keeps the files on the device (`LoadOptions.cache`). */
  keep?: boolean;
  /** Place of TensorFlow.js's binaries; absent: graph models do not run on `tfjs-wasm`. */
  tfjsWasmPaths?: string | TfjsWasmFileMap;
}

export interface DistrustedAdapter {
  adapter: string;
  /** The package with which it failed, `name@version`. */
  model: string;
  reason: string;
}

/** The answer for an image. */
export type ClassifyResult = Classification<DecodedImage>;

/** Picture that the image policy makes of a file, before the network's resizing: RGB, 3 bytes a pixel. */
export interface DecodeResult {
  format: DecodedImage['format'];
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** An image as it goes to the worker. */
export type Payload =
  { kind: 'file'; bytes: Uint8Array<ArrayBuffer> } | { kind: 'bitmap'; bitmap: ImageBitmap } | ({ kind: 'pixels' } & Pixels);

export type InferenceRequest =
  | { type: 'start'; id: number; options: StartOptions }
  /** Ends the download that a start waits for, which then rejects with DOWNLOAD_STOPPED. */
  | { type: 'stop'; id: number }
  | { type: 'classify'; id: number; input: Payload; options: Pick<CallOptions, 'topK' | 'threshold'> }
  | { type: 'decode'; id: number; input: Payload };

export type InferenceMessage =
  /** The first message of all: the worker's script has come and runs. */
  | { type: 'running' }
  | ({ type: 'downloading' } & DownloadProgress)
  | { type: 'status'; id: number; status: ClassifierReport }
  | { type: 'result'; id: number; result: ClassifyResult | DecodeResult }
  | { type: 'error'; id: number; error: ErrorParts }
  /** Unasked: the backend in use was given up. */
  | { type: 'demoted'; status: ClassifierReport; distrust: DistrustedAdapter | null }
  /** Unasked: the newest package has come and answers from here on, or `staleReason` says why not. */
  | { type: 'newest'; status: ClassifierReport }
  /** Unasked: one thread answers from here on. */
  | { type: 'threads-lost'; status: ClassifierReport | null; reason: string };
