import type { Float32Backend } from '../configuration/settings.ts';
import type { BackendName, Classification, ErrorParts, ImageLimits, RejectedBackend, VariantName } from '@sld-edge/runtime';

/** An image and what shall classify it. */
export interface ClassifyJob {
  /** A file, or pixels. */
  bytes: Uint8Array;
  /** Size of pixels, three bytes each. Absent: the bytes are a file. */
  rgb?: { width: number; height: number };
  /** Absent: the answer has no logits. */
  wantsLogits?: true;
  model: string;
  version: string;
  variant: VariantName;
  topK: number;
}

/** Answer of a session, without pixels; with logits where they are wanted. */
export type ClassifyAnswer = Omit<Classification, 'image' | 'input' | 'logits'> & { logits?: Float32Array };

/** Packages that a worker answers for. It loads the default variant of each at the start, any other when it is first asked for. */
export interface InferenceSetup {
  modelsDir: string;
  packages: { name: string; version: string; manifestSha256: string; variants: VariantName[]; defaultVariant: VariantName }[];
  limits: ImageLimits;
  /** Threads that compute an image of an integer variant together. */
  threads: number;
  /** Backend of the variant `float32`. */
  float32Backend: Float32Backend;
  /** Bytes of weights that may be loaded at once; the variants that were asked for longest ago are unloaded. Null: any. */
  memoryBytes: number | null;
}

/** A package that a worker does not answer for: it could not be loaded, or missed its goldens. */
export interface RefusedSetup {
  name: string;
  version: string;
  error: ErrorParts;
}

/** One line for the log and /readyz: a variant that reproduced its goldens. */
export interface WarmedVariant {
  model: string;
  version: string;
  variant: VariantName;
  backend: BackendName;
  goldenError: number;
  /** Threads that compute an image. */
  threads: number;
  /** Backends that were tried before, or answered before and failed, and why. */
  rejected?: RejectedBackend[];
}

/** Decoder of ordinary JPEGs in a worker. */
export interface JpegDecoding {
  /** Library and version. */
  decoder: string;
  /** Reason why sharp decodes all of them. */
  reason?: string;
}

/** File descriptor of a worker's channel: a pair of sockets, on which frames go both ways (`frames.ts`). */
export const CHANNEL = 3;

/**
 * One job at a time. Its bytes are those of the frame. A picture whose decoding takes more than `grantedBytes` is asked for by `needs`,
 * which `admitted` answers.
 */
export type ToWorker =
  | { type: 'setup'; setup: InferenceSetup }
  | { type: 'classify'; job: Omit<ClassifyJob, 'bytes'>; grantedBytes: number }
  | { type: 'admitted' };

export type FromWorker =
  | { type: 'ready'; warmed: WarmedVariant[]; refused: RefusedSetup[]; jpeg: JpegDecoding }
  | { type: 'failed'; error: ErrorParts }
  /** A variant was loaded for the image that is under way; it stays. */
  | { type: 'opened'; variant: WarmedVariant }
  /** A variant was unloaded, to make room for another. */
  | { type: 'closed'; variant: Pick<WarmedVariant, 'model' | 'version' | 'variant'> }
  /** Unasked: the backend that answered for a variant was given up; another has taken its place. */
  | { type: 'demoted'; variant: WarmedVariant }
  /** Unasked: a helper thread was lost, and one thread computes from now on. */
  | { type: 'thread-lost'; reason: string }
  /** Memory that decoding takes, sent before anything is decoded. */
  | { type: 'needs'; decodingBytes: number }
  /** Logits are the bytes of the frame. */
  | { type: 'answer'; answer: ClassifyAnswer }
  | { type: 'error'; error: ErrorParts };
