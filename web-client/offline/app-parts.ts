/**
 * Folders of the build with what only some visitors need: TensorFlow.js for graph models, its WebGPU, its binary for browsers without
 * SIMD, and the integer kernels of a GPU.
 */
export const APP_PARTS = {
  graphs: 'assets/tfjs/',
  graphsOnGpu: 'assets/tfjs-webgpu/',
  graphsWithoutSimd: 'assets/tfjs-scalar/',
  webgpu: 'assets/webgpu/',
} as const;

export type AppPart = keyof typeof APP_PARTS;

export const PART_NAMES = Object.keys(APP_PARTS) as AppPart[];

/** @param prefix of the caches of the app's versions @returns the parts that an earlier version keeps: then the next one does too. */
export async function keptParts(prefix: string, stores: CacheStorage): Promise<AppPart[]> {
  const kept = new Set<AppPart>();
  for (const name of (await stores.keys()).filter((key) => key.startsWith(prefix)))
    for (const { url } of await (await stores.open(name)).keys())
      for (const part of PART_NAMES) if (url.includes(`/${APP_PARTS[part]}`)) kept.add(part);
  return PART_NAMES.filter((part) => kept.has(part));
}
