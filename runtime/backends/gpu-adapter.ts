/** Description of the WebGPU adapter before any device is made on it. */
export interface GpuAdapter {
  /** Names the adapter to people, and to the memory of adapters that answered wrongly. */
  description: string;
  /** True for one that computes on the CPU (SwiftShader, llvmpipe, WARP): correct, slower than WASM. */
  software: boolean;
}

/** The parts of an adapter (W3C WebGPU, section 4) that tell what it is: older browsers lack some. */
interface AdapterLike {
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

/** The flag moved from the adapter to its info, and a software adapter chosen by a switch does not set it. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp\b|software/i;

/** @returns what the browser tells of an adapter, in one line, and whether it is a software one. */
export function describeAdapter(adapter: AdapterLike): GpuAdapter {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const words = [...new Set([vendor, architecture, device, description].filter((word) => word))];
  const text = words.join(' ') || 'unnamed adapter';
  const software = isFallbackAdapter === true || adapter.isFallbackAdapter === true || SOFTWARE.test(text);
  return { description: software ? `${text} (software)` : text, software };
}

/** An adapter that may be asked for a device, once. */
export interface FoundAdapter extends GpuAdapter {
  gpu: GPU;
  adapter: GPUAdapter;
}

/** @param gpu the browser's, or Dawn's in Node @returns the adapter that computes fastest, or the reason why there is none. */
export async function findAdapter(
  gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu,
): Promise<FoundAdapter | { missing: string }> {
  if (!gpu) return { missing: 'this browser has no WebGPU here' };
  try {
    // Browsers may have `navigator.gpu` without any adapter; tfjs would then fail with a TypeError.
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter ? { gpu, adapter, ...describeAdapter(adapter) } : { missing: 'the browser offers no WebGPU adapter' };
  } catch (error) {
    return { missing: `the browser refused a WebGPU adapter: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** @returns what the adapter is on which WebGPU would compute, or the reason why there is none. */
export async function probeAdapter(): Promise<GpuAdapter | { missing: string }> {
  const found = await findAdapter();
  if ('missing' in found) return found;
  const { description, software } = found;
  return { description, software };
}
