import { PAGE_BACKENDS, renamedBackend, type PageBackendName } from '../backends/names.ts';
import { checkOptionNames, checkSignal, invalidOption } from '../classifier/call-options.ts';
import type { ClassifierReport } from '../classifier/report.ts';
import { AppError } from '../errors/catalogue.ts';
import type { DownloadProgress } from '../transfer/fetch-package.ts';
import type { DistrustedAdapter, StartOptions } from './protocol.ts';

/** Options of `Classifier.load` in a page. */
export interface LoadOptions extends Pick<
  StartOptions,
  'model' | 'variant' | 'manifestSha256' | 'threads' | 'tfjsWasmPaths' | 'earlierIndex'
> {
  /**
   * `auto`, the default: the fastest that gives the package's golden outputs on this device. A name, or several in the order in which to
   * try them: these and no others.
   */
  backend?: 'auto' | PageBackendName | readonly PageBackendName[];
  /**
   * `browser`, the default: the browser's own cache of what it fetched. `device`: files are also kept in the origin's cache storage, so that
   * the same model loads without a network. What is kept is compared with its SHA-256 at each load.
   */
  cache?: 'browser' | 'device';
  /** Ends the loading, which then rejects with DOWNLOAD_STOPPED or STOPPED. Loading the same again goes on with what came. */
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** Told of everything that changes while the classifier answers. */
  onNotice?: (notice: ClassifierNotice) => void;
  /** WebGPU adapters that gave wrong answers on this device before: a notice of a demotion gives each. */
  distrustedAdapters?: readonly DistrustedAdapter[];
}

/** News of a classifier. */
export type ClassifierNotice =
  /** A backend failed and another answers from here on; `distrust` is the GPU adapter to be passed over at the next load. */
  | { type: 'demoted'; report: ClassifierReport; distrust: DistrustedAdapter | null }
  /** One thread answers from here on, with the same numbers. */
  | { type: 'threads-lost'; reason: string }
  /** A newer package answers from here on, or `report.staleReason` says why the earlier one goes on. */
  | { type: 'newest'; report: ClassifierReport }
  /** The script of the worker has not come for ten seconds; it may yet. */
  | { type: 'late'; error: AppError };

const NAMES: Record<keyof LoadOptions, true> = {
  backend: true,
  model: true,
  variant: true,
  manifestSha256: true,
  threads: true,
  tfjsWasmPaths: true,
  earlierIndex: true,
  cache: true,
  signal: true,
  onProgress: true,
  onNotice: true,
  distrustedAdapters: true,
};

const MOST_THREADS = 16;

/** @param address absolute @throws AppError OPTION_INVALID; BACKEND_UNAVAILABLE for a backend that a browser can't have */
export function startOptions(address: string, options: LoadOptions): StartOptions {
  checkOptionNames(options, NAMES);
  const {
    backend = 'auto',
    threads,
    signal,
    distrustedAdapters = [],
    model,
    variant,
    manifestSha256,
    tfjsWasmPaths,
    earlierIndex,
    cache = 'browser',
  } = options;
  checkSignal(signal);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    invalidOption('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  if (cache !== 'browser' && cache !== 'device') invalidOption('cache', '"browser" or "device"', cache);
  if (manifestSha256 !== undefined && !/^[0-9a-f]{64}$/.test(manifestSha256))
    invalidOption('manifestSha256', '64 lower-case hexadecimal digits', manifestSha256);
  const backends = backend === 'auto' ? undefined : typeof backend === 'string' ? [backend] : backend;
  if (backends?.length === 0) invalidOption('backend', '"auto", the name of a backend, or several', 'an empty list');
  for (const name of backends ?? []) requirePageBackend(name);
  return {
    address,
    backends,
    threads,
    distrustedAdapters,
    model,
    variant,
    manifestSha256,
    tfjsWasmPaths,
    earlierIndex,
    keep: cache === 'device',
  };
}

function requirePageBackend(name: string): void {
  if (PAGE_BACKENDS.some((known) => known === name)) return;
  const reason = renamedBackend(name) ?? `in a browser there are: ${PAGE_BACKENDS.join(', ')}`;
  throw new AppError('BACKEND_UNAVAILABLE', { backend: name, reason });
}
