import { renamedBackend, type BackendName } from '../backends/names.ts';
import { checkOptionNames, checkSignal, invalidOption } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { AppError } from '../errors/catalogue.ts';
import type { DownloadProgress, WantedModel } from '../transfer/fetch-package.ts';

/** Backends that Node can have without further packages but TensorFlow.js's for `tfjs-wasm`. */
export const NODE_BACKENDS = ['wasm', 'wasm-relaxed', 'wasm-scalar', 'interpreter', 'tfjs-wasm'] as const satisfies BackendName[];

export type NodeBackendName = (typeof NODE_BACKENDS)[number];

/** Options of `Classifier.load` in Node. */
export interface NodeLoadOptions extends WantedModel {
  /** `auto`, the default: the fastest that gives the package's golden outputs. A name, or several in order: these and no others. */
  backend?: 'auto' | NodeBackendName | readonly NodeBackendName[];
  /** Threads that compute an image of the integer variant together, 1 to 16. Default 1. */
  threads?: number;
  /** Folder in which files that come over HTTP are kept, so that the same model loads without a network. */
  cache?: string;
  /** Ends the loading, which then rejects with DOWNLOAD_STOPPED or STOPPED. */
  signal?: AbortSignal;
  /** Told how much has come over HTTP. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Told of everything that changes while the classifier answers. */
  onNotice?: (notice: NodeClassifierNotice) => void;
}

/** News of a classifier in Node. */
export type NodeClassifierNotice =
  /** A backend failed and another answers from here on. */
  | { type: 'demoted'; report: ClassifierReport }
  /** One thread answers from here on, with the same numbers. */
  | { type: 'threads-lost'; reason: string };

const NAMES: Record<keyof NodeLoadOptions, true> = {
  backend: true,
  model: true,
  variant: true,
  manifestSha256: true,
  threads: true,
  cache: true,
  signal: true,
  onProgress: true,
  onNotice: true,
};

const MOST_THREADS = 16;

/** @throws AppError OPTION_INVALID; BACKEND_UNAVAILABLE for a backend that Node can't have */
export function checkLoadOptions(options: NodeLoadOptions): { backends: readonly NodeBackendName[] | undefined; threads: number } {
  checkOptionNames(options, NAMES);
  const { backend = 'auto', threads = 1, signal, cache } = options;
  checkSignal(signal);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    invalidOption('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  if (cache !== undefined && (typeof cache !== 'string' || cache === '')) invalidOption('cache', 'the path of a folder', cache);
  const backends = backend === 'auto' ? undefined : typeof backend === 'string' ? [backend] : backend;
  if (backends?.length === 0) invalidOption('backend', '"auto", the name of a backend, or several', 'an empty list');
  for (const name of backends ?? []) {
    if (NODE_BACKENDS.some((known) => known === name)) continue;
    const reason = renamedBackend(name) ?? `in Node there are: ${NODE_BACKENDS.join(', ')}`;
    throw new AppError('BACKEND_UNAVAILABLE', { backend: name, reason });
  }
  return { backends, threads };
}
