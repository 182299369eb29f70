/** A WebGPU device with our kernels on it, each compiled when a program first needs it. */
import { GPU_KERNELS, type GpuKernelName } from './kernels.ts';
import { PARAMETER_BYTES, shaderOf } from './wgsl.ts';

/** Name of the feature of WGSL's language that has products of four signed bytes each. */
export const PACKED_DOT = 'packed_4x8_integer_dot_product';

export interface GpuKernels {
  device: GPUDevice;
  /** The kernels use packed dot products. */
  packedDot: boolean;
  layout: GPUBindGroupLayout;
  /** @throws Error if it does not compile */
  pipeline(name: GpuKernelName): Promise<GPUComputePipeline>;
  /** Reason why the device computes nothing any more; undefined as long as it does. */
  lost(): string | undefined;
}

/** Makes a device that may hold as much as the adapter can, and what its kernels share. */
export async function openKernels(adapter: GPUAdapter, packedDot: boolean): Promise<GpuKernels> {
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  let reason: string | undefined;
  void device.lost.then(({ message }) => (reason = message || 'no reason given'));
  const storage = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: GPUShaderStage.COMPUTE,
    buffer: { type },
  });
  const layout = device.createBindGroupLayout({
    entries: [
      {
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: PARAMETER_BYTES },
      },
      storage(1, 'read-only-storage'),
      storage(2, 'storage'),
      storage(3, 'read-only-storage'),
      storage(4, 'storage'),
    ],
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const pipelines = new Map<GpuKernelName, Promise<GPUComputePipeline>>();

  /** A module that does not compile makes a pipeline that is refused: its own error needs no reader. */
  function compile(name: GpuKernelName): Promise<GPUComputePipeline> {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: name, code: shaderOf(GPU_KERNELS[name], packedDot) });
    void device.popErrorScope();
    return device.createComputePipelineAsync({ label: name, layout: pipelineLayout, compute: { module, entryPoint: 'main' } });
  }

  return {
    device,
    packedDot,
    layout,
    lost: () => reason,
    pipeline(name) {
      const made = pipelines.get(name) ?? compile(name);
      pipelines.set(name, made);
      return made;
    },
  };
}
