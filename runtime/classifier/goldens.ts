import type { BackendDefinition } from '../backends/backend.ts';
import { AppError } from '../errors/catalogue.ts';
import type { LoadedPackage } from '../package/load.ts';
import type { Goldens } from '../package/manifest.ts';
import { isGraphVariant } from '../package/variants.ts';

/** Outputs `[images, classes]` of uint8 pixels `[images, height, width, channels]`: logits, or the whole numbers of an integer program. */
export type ComputeOutputs = (pixels: Uint8Array) => Promise<Float32Array | Int32Array>;

/**
 * Computes the package's golden images and compares each output with the recorded one: logits within the package's tolerance
 * for the backend, whole numbers for equality.
 *
 * The odd runs compute image by image, as a user's images come, the even ones all at once: a GPU picks other
 * programs for other shapes, and some drivers are right only the first time.
 *
 * @param runs how many times
 * @param signal ends it between two executions
 * @returns the largest absolute difference of a logit over all runs
 * @throws AppError BACKEND_GOLDEN_MISMATCH beyond the package's tolerance for the backend, or at a NaN;
 *   BACKEND_UNAVAILABLE when the package states no tolerance for it
 */
export async function checkGoldens(
  pkg: LoadedPackage,
  backend: BackendDefinition,
  computeOutputs: ComputeOutputs,
  runs: number,
  signal?: AbortSignal,
): Promise<number> {
  const { goldenOutputs: expected } = pkg;
  const tolerance = isGraphVariant(pkg.variant) ? graphTolerance(pkg.goldens, backend.name) : 0;
  if (tolerance === undefined) {
    throw new AppError('BACKEND_UNAVAILABLE', {
      backend: backend.name,
      reason: `the package ${pkg.manifest.name} states no golden tolerance for it`,
    });
  }
  const bytesPerImage = pkg.goldenPixels.length / pkg.goldens.count;
  let worstError = 0;
  for (let run = 0; run < runs; run++) {
    const batch = run % 2 === 0 ? bytesPerImage : pkg.goldenPixels.length;
    let compared = 0;
    for (let offset = 0; offset < pkg.goldenPixels.length; offset += batch) {
      signal?.throwIfAborted();
      const outputs = await computeOutputs(pkg.goldenPixels.subarray(offset, offset + batch));
      for (const output of outputs) worstError = worseOf(worstError, Math.abs(output - expected[compared++]));
    }
    if (compared !== expected.length) worstError = NaN;
    // NaN must fail, so the comparison asks what is allowed.
    if (!(worstError <= tolerance)) {
      throw new AppError('BACKEND_GOLDEN_MISMATCH', {
        backend: backend.name,
        model: `${pkg.manifest.name}@${pkg.manifest.version}`,
        variant: pkg.variant,
        worstError: worstError.toPrecision(3),
        tolerance,
        run: run + 1,
      });
    }
  }
  return worstError;
}

/**
 * Largest error allowed for a backend's logits of a graph model; undefined if the package does not state it. Packages call `tfjs-wasm`
 * `wasm`, as TensorFlow.js does.
 */
export const graphTolerance = ({ tolerance }: Goldens, backend: string): number | undefined => tolerance[backend.replace(/^tfjs-/, '')];

function worseOf(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.max(a, b);
}
