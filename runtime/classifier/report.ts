import type { BackendName } from '../backends/names.ts';
import type { VariantName } from '../package/variants.ts';
import type { RejectedBackend } from './demotion.ts';

/** Account of how the answers of a classifier come about: for a details panel, or a report of a fault. Plain data. */
export interface ClassifierReport {
  model: string;
  version: string;
  title: string;
  variant: VariantName;
  /** True for a package of a trial run: its answers are no real result. */
  quick: boolean;
  labels: string[];
  /** Absolute URLs of the package's sample images, and what they must hold. */
  samples: { url: string; label: string; bytes: number; sha256: string }[];
  /** Probability below which an answer is marked as `abstained`; null if none was chosen. */
  abstainThreshold: number | null;
  backend: BackendName;
  /** One line for people: what computes, and the times by which it was chosen. */
  backendDescription: string;
  /** Reason why each backend that was considered earlier is not used. */
  rejected: RejectedBackend[];
  /** Largest absolute difference from the package's golden logits; of the integer variant 0. */
  goldenError: number;
  /** The GPU adapter; null if there is none. */
  adapter: string | null;
  /** Number that computes an image now. */
  threads: number;
  /** False: the page's own thread computes, because its browser refuses a worker of another origin. */
  inWorker: boolean;
  crossOriginIsolated: boolean;
  /** True if the browser alters the pixels that a page reads. */
  canvasNoise: boolean;
  /** Reason why an older package answers although the index names a newer one; null otherwise. */
  staleReason: string | null;
  /** Reason why files could not be kept where the option `cache` says; null if they are, or if nothing was to be kept. */
  notKept: string | null;
  /** Time from the start of the worker to the first backend that reproduced the goldens, in milliseconds. */
  startMs: number;
}
