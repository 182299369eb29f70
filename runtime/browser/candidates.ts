import { INTEGER_CANDIDATES, type PageBackendName } from '../backends/names.ts';
import { isGraphVariant, type VariantName } from '../package/variants.ts';
import type { GpuAdapter } from '../backends/gpu-adapter.ts';
import type { RejectedBackend } from '../classifier/demotion.ts';
import type { IntegerProgram } from '../integer/program.ts';
import type { DistrustedAdapter } from './protocol.ts';

export interface Candidates {
  /** Backends in the order in which to try them; of a group the fastest. */
  backends: readonly (PageBackendName | readonly PageBackendName[])[];
  rejected: RejectedBackend[];
}

/** Products of weights an image from which a GPU is timed beside WebAssembly, which takes about 3 ms for fewer (docs/measurements.md). */
export const LARGE_PROGRAM = 100_000_000;

/**
 * Chooses the backends to try. Asked for by name, exactly those: there is no fallback that was not asked for, and one that does not
 * compute the variant refuses it. Otherwise the integer variant is computed by the fastest of the integer kernels with SIMD, else by those
 * without, else by the interpreter. A GPU is timed with them if the program is large. Of backends of graph models WebGPU comes first. No
 * GPU is taken if there is no adapter, it is a software one (slower than WASM), or it answered wrongly with this package before.
 *
 * @param asked from `?backend=`, in order
 * @param model `name@version`
 * @param program of the integer variant
 */
export function chooseCandidates(
  adapter: GpuAdapter | { missing: string },
  asked: readonly PageBackendName[] | undefined,
  distrusted: readonly DistrustedAdapter[],
  model: string,
  variant: VariantName,
  program?: Pick<IntegerProgram, 'nodes'>,
): Candidates {
  if (asked) return { backends: asked, rejected: [] };
  const onGpu = isGraphVariant(variant) ? 'tfjs-webgpu' : 'webgpu';
  const withoutGpu = isGraphVariant(variant) ? (['tfjs-wasm'] as const) : INTEGER_CANDIDATES;
  if (onGpu === 'webgpu' && productsOf(program) < LARGE_PROGRAM) return { backends: withoutGpu, rejected: [] };
  const obstacle = obstacleOf(adapter, distrusted, model);
  if (obstacle !== undefined) return { backends: withoutGpu, rejected: [{ backend: onGpu, reason: obstacle }] };
  const [fastest, ...others] = INTEGER_CANDIDATES;
  return { backends: onGpu === 'webgpu' ? [[...fastest, onGpu], ...others] : [onGpu, ...withoutGpu], rejected: [] };
}

/** Reason why the adapter is not used; undefined if it is. */
function obstacleOf(
  adapter: GpuAdapter | { missing: string },
  distrusted: readonly DistrustedAdapter[],
  model: string,
): string | undefined {
  if ('missing' in adapter) return adapter.missing;
  if (adapter.software) return `${adapter.description} computes on the CPU, slower than WebAssembly`;
  const before = distrusted.find((entry) => entry.adapter === adapter.description && entry.model === model);
  return before && `distrusted since an earlier visit: ${before.reason}`;
}

/** Products of weights and activations that a program computes for an image. */
export function productsOf(program: Pick<IntegerProgram, 'nodes'> = { nodes: [] }): number {
  const pixelsOf = (shape: readonly number[]): number => (shape.length === 3 ? shape[0] * shape[1] : 1);
  return program.nodes.reduce((sum, node) => sum + ('weights' in node ? pixelsOf(node.shape) * node.weights.length : 0), 0);
}
