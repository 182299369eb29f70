/**
 * Dawn, the WebGPU of Chromium, in Node: the npm package `webgpu`. Which adapter it takes is the driver's choice, or that of
 * `SLD_EDGE_WEBGPU_ADAPTER` (part of an adapter's name).
 */
export const ADAPTER_VARIABLE = 'SLD_EDGE_WEBGPU_ADAPTER';

/** The graphics interface that Dawn is to use on each platform. */
const BACKENDS: Partial<Record<NodeJS.Platform, string>> = { linux: 'vulkan', darwin: 'metal', win32: 'd3d12' };

/** Description of an adapter, for people and for the choice of `auto`. Plain data. */
export interface AdapterSummary {
  /** `nvidia ada-lovelace, NVIDIA GeForce RTX 4090 (vulkan)` */
  description: string;
  /** Computes on the processor: right, and slower than every other engine. */
  software: boolean;
}

/** The parts of WebGPU's `GPUAdapterInfo` that are read here. */
export interface AdapterInfo {
  vendor: string;
  architecture: string;
  description: string;
  isFallbackAdapter?: boolean;
}

/** `info` came into WebGPU after the types that tfjs names. */
export type Adapter = GPUAdapter & { info: AdapterInfo };

export interface OpenedAdapter extends AdapterSummary {
  /** The instance that gave the adapter; it tells what its WGSL has. */
  gpu: GPU;
  adapter: Adapter;
}

/**
 * Kernels here and tfjs's write shared memory before they read it. Zeroing it first took SwiftShader six sevenths of the time
 * of compiling, and takes time in every workgroup.
 */
const DAWN_FEATURES = 'enable-dawn-features=disable_workgroup_init';

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

/** Puts WebGPU's classes among the globals, where TensorFlow.js looks for them. @throws Error in one line if there is no adapter. */
export async function openAdapter(): Promise<OpenedAdapter> {
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const backend = BACKENDS[process.platform];
  const wanted = process.env[ADAPTER_VARIABLE];
  const gpu = create([DAWN_FEATURES, ...(backend ? [`backend=${backend}`] : []), ...(wanted ? [`adapter=${wanted}`] : [])]);
  const adapter = (await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((error: unknown) => {
    // Dawn says in several lines which adapters there are.
    throw new Error(`no adapter: ${(error as Error).message.replace(/\s*\n\s*/g, ' ')}${wanted ? ` (${ADAPTER_VARIABLE}=${wanted})` : ''}`);
  })) as Adapter | null;
  if (!adapter) throw new Error(noAdapter());
  // Dawn ends with its last reference, and an adapter holds none.
  instances.push(gpu);
  return { gpu, adapter, ...summary(adapter.info, backend) };
}

const instances: GPU[] = [];

function summary({ vendor, architecture, description, isFallbackAdapter }: AdapterInfo, backend?: string): AdapterSummary {
  const name = [[vendor, architecture].filter(Boolean).join(' '), description].filter(Boolean).join(', ') || 'an adapter without a name';
  const software = isFallbackAdapter === true || SOFTWARE.test(name);
  return { description: `${name}${backend ? ` (${backend})` : ''}`, software };
}

function noAdapter(): string {
  if (process.platform !== 'linux') return 'this machine offers no GPU adapter';
  return "this machine offers no Vulkan adapter: needed are the loader libvulkan.so.1 (apt-get install -y libvulkan1) and the driver of a GPU; for a driver in software, VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json (of Debian's package chromium)";
}

interface Dawn {
  create(options: string[]): GPU;
  globals: object;
}

async function loadDawn(): Promise<Dawn> {
  try {
    return (await import('webgpu')) as unknown as Dawn;
  } catch (error) {
    throw new Error(`the package webgpu does not load on ${process.platform}-${process.arch}: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
}
