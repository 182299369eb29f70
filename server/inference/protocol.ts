import type { BackendName, ErrorCode, ImageLimits, Prediction, VariantName } from '@sld-edge/runtime';

/** An encoded image and what shall classify it. */
export interface ClassifyJob {
  bytes: Uint8Array;
  model: string;
  version: string;
  variant: VariantName;
  topK: number;
}

export interface ClassifyAnswer {
  backend: BackendName;
  predictions: Prediction[];
  /** The answer should be withheld: the likeliest class is less probable than the variant's threshold. */
  abstained: boolean;
  timingMs: { decode: number; preprocess: number; inference: number };
}

/** What a worker loads; each variant of each package, so that all that is offered has been checked. */
export interface InferenceSetup {
  modelsDir: string;
  packages: { name: string; version: string; manifestSha256: string; variants: VariantName[] }[];
  limits: ImageLimits;
}

/** One line for the log and /readyz: a variant that reproduced its goldens. */
export interface WarmedVariant {
  model: string;
  version: string;
  variant: VariantName;
  backend: BackendName;
  goldenError: number;
}

/** An error as it crosses threads, where classes are lost. */
export interface ErrorParts {
  code: ErrorCode;
  details: Record<string, string | number>;
  stack: string;
}

export type ToWorker = { type: 'classify'; id: number; job: ClassifyJob };

export type FromWorker =
  | { type: 'ready'; warmed: WarmedVariant[] }
  | { type: 'failed'; error: ErrorParts }
  | { type: 'answer'; id: number; answer: ClassifyAnswer }
  | { type: 'error'; id: number; error: ErrorParts };
