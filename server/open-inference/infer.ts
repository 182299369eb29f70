import {
  AppError,
  calibrationOf,
  softmax,
  toAppError,
  topK,
  type ErrorCode,
  type ErrorDetails,
  type ImageLimits,
  type Manifest,
  type VariantName,
} from '@sld-edge/runtime';
import type { Abandonment } from '../http/abandonment.ts';
import { inOrder } from '../http/in-order.ts';
import type { InferencePool } from '../inference/pool.ts';
import { OUTPUTS } from '../schemas/open-inference.ts';
import { imagesOf, type InferenceInput } from './input-images.ts';

export interface WantedOutput {
  name: (typeof OUTPUTS)[number];
  /** Number of classes to give as text; absent: every class's value. */
  classification?: number;
}

export interface InferenceOutput {
  name: string;
  shape: number[];
  /** FP32 values row by row, or BYTES elements. */
  data: Float32Array | string[];
}

export interface InferenceResult {
  backend: string;
  outputs: InferenceOutput[];
}

export const datatypeOf = ({ data }: InferenceOutput): 'BYTES' | 'FP32' => (Array.isArray(data) ? 'BYTES' : 'FP32');

/** Work that one request of the protocol asks for, over HTTP or gRPC. */
export interface InferOptions {
  manifest: Manifest;
  variant: VariantName;
  input: InferenceInput;
  /** Absent: all outputs. */
  wanted?: WantedOutput[];
  limits: ImageLimits;
  pool: Pick<InferencePool, 'alive' | 'classify'>;
  abandoned: Abandonment;
}

/**
 * Logits and calibrated probabilities of an input's images, row by row. As many are computed at once as there are workers.
 *
 * @throws AppError REQUEST_MALFORMED, IMAGE_* and whatever else the first image that failed met, with its number in `details.image`
 */
export async function infer({ manifest, variant, input, wanted, limits, pool, abandoned }: InferOptions): Promise<InferenceResult> {
  const { name: model, version, labels } = manifest;
  const images = imagesOf(input, limits);
  const answers = await inOrder([...images.entries()], Math.max(1, pool.alive()), async ([position, image]) => {
    try {
      return await pool.classify({ ...image, model, version, variant, topK: 1, wantsLogits: true }, abandoned);
    } catch (thrown) {
      throw images.length > 1 ? ofImage(position, toAppError(thrown)) : thrown;
    }
  });
  const { temperature } = calibrationOf(manifest, variant);
  const rows = {
    logits: () => answers.map(({ logits }) => logits!),
    probabilities: () => answers.map(({ logits }) => softmax(logits!, temperature)),
  };
  return {
    // The last one's: where a backend was given up on the way, the one that answers from now on.
    backend: answers.at(-1)!.backend,
    outputs: (wanted ?? OUTPUTS.map((name): WantedOutput => ({ name }))).map(({ name, classification }) =>
      classification === undefined ? values(name, rows[name](), labels.length) : classes(name, rows[name](), labels, classification),
    ),
  };
}

function values(name: string, rows: ArrayLike<number>[], width: number): InferenceOutput {
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  return { name, shape: [rows.length, width], data };
}

/** Classification extension: the largest values as `value:index:label`. */
function classes(name: string, rows: ArrayLike<number>[], labels: readonly string[], count: number): InferenceOutput {
  const width = Math.min(count, labels.length);
  const data = rows.flatMap((row) => topK(row, width).map((index) => `${row[index].toFixed(6)}:${index}:${labels[index]}`));
  return { name, shape: [rows.length, width], data };
}

function ofImage(image: number, { code, details, cause }: AppError): AppError {
  const more: AppError['details'] = { ...details, image };
  return new AppError(code, more as ErrorDetails<ErrorCode>, { cause });
}
