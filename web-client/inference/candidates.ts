import { INTEGER_CANDIDATES, isGraphVariant, type GpuAdapter, type RejectedBackend, type VariantName } from '@sld-edge/runtime';
import type { DistrustedAdapter, PageBackendName } from './protocol.ts';

export interface Candidates {
  /** Backends in the order in which to try them; of a group the fastest. */
  backends: readonly (PageBackendName | readonly PageBackendName[])[];
  rejected: RejectedBackend[];
}

/**
 * Chooses the backends to try. Asked for by name, exactly those: there is no fallback that was not asked for, and one that does not
 * compute the variant refuses it. Otherwise the integer variant is computed by the faster of the integer kernels with SIMD, else by those
 * without, else by the interpreter. Of backends of graph models WebGPU comes first, unless there is no adapter, it is a software one
 * (slower than WASM), or it answered wrongly with this package before.
 *
 * @param asked from `?backend=`, in order
 * @param model `name@version`
 */
export function chooseCandidates(
  adapter: GpuAdapter | { missing: string },
  asked: PageBackendName[] | undefined,
  distrusted: DistrustedAdapter[],
  model: string,
  variant: VariantName,
): Candidates {
  if (asked) return { backends: asked, rejected: [] };
  if (!isGraphVariant(variant)) return { backends: INTEGER_CANDIDATES, rejected: [] };
  const refuse = (reason: string): Candidates => ({ backends: ['tfjs-wasm'], rejected: [{ backend: 'tfjs-webgpu', reason }] });
  if ('missing' in adapter) return refuse(adapter.missing);
  if (adapter.software) return refuse(`${adapter.description} computes on the CPU, slower than WebAssembly`);
  const before = distrusted.find((entry) => entry.adapter === adapter.description && entry.model === model);
  if (before) return refuse(`distrusted since an earlier visit: ${before.reason}`);
  return { backends: ['tfjs-webgpu', 'tfjs-wasm'], rejected: [] };
}
