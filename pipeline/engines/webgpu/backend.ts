/**
 * TensorFlow.js's WebGPU backend on a device of Dawn's, and what our own kernels need of its inside: its command encoder,
 * its buffers, its books on which tensors a queued command still reads.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { Adapter, AdapterInfo } from './dawn.ts';
import { createProfile, type KernelTime, type Profile } from './profile.ts';

export interface Counts {
  /** Compute kernels started. */
  dispatches: number;
  /** Command buffers handed to the GPU. */
  submits: number;
  /** Times that the host waited for the GPU. */
  reads: number;
}

type DataId = object;

/** tfjs's of a tensor, and where in its buffer a tensor begins (bytes) that shares one with others. */
interface TensorData {
  resource?: GPUBuffer | null;
  values: unknown;
  /** The buffer is somebody else's: it is not freed with the tensor. */
  external?: boolean;
  place?: { offset: number; size: number };
}

/** The parts of tfjs's `WebGPUBackend` that we use, private ones included. */
interface Internals {
  device: GPUDevice;
  queue: GPUQueue;
  tensorMap: { has(id: DataId): boolean; get(id: DataId): TensorData };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<DataId>;
  dispatchCountInPass: number;
  uniformPendingDisposal: GPUBuffer[];
  bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer; releaseBuffer(buffer: GPUBuffer): void };
  read(id: DataId): Promise<unknown>;
  readSync(id: DataId): unknown;
  submitQueue(): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  makeTensorInfo(shape: number[], dtype: DataType): TensorInfo;
  uploadToGPU(id: DataId): void;
  disposeData(id: DataId): boolean;
  recordAndSubmit(...parameters: unknown[]): void;
  tensorToBinding(tensor: TensorInfo | null): unknown;
  dispose(): void;
}

/** Kernels per command buffer: a buffer of a disposed tensor is free again when the commands that use it are handed over. */
export const DISPATCHES_PER_SUBMIT = 32;

export interface Binding {
  buffer: GPUBuffer;
  offset: number;
  size: number;
}

/** A kernel of ours: whole WGSL with the entry point `main`, bindings 0, 1, … of group 0 in the order of `run`'s tensors. */
export interface WgslKernel {
  /** Names everything that the code depends on: two kernels with the same key are the same. */
  key: string;
  code(): string;
}

export interface WebgpuBackend extends Internals {
  readonly counts: Counts;
  /** A tensor of float32 without values yet, on the GPU. */
  allocate(shape: number[]): TensorInfo;
  /** The GPU's memory of a tensor; it stays the tensor's until the commands that are recorded so far are handed over. */
  bindingOf(tensor: TensorInfo): Binding;
  /**
   * Records a kernel over whole tensors.
   * @param workgroups up to three dimensions
   * @param uniforms the last binding, where there is one: numbers are 32-bit floats, written anew each time; a `Uint32Array`,
   *   of a multiple of four, is what stays the same (shapes), written once for all calls with equal values
   */
  run(kernel: WgslKernel, tensors: readonly TensorInfo[], workgroups: readonly number[], uniforms?: readonly number[] | Uint32Array): void;
  /** From now on every dispatch is a pass of its own, counted by its kernel's name and timed where the device can: slower than without. */
  startProfile(): void;
  /** Returns the number of all dispatches since `startProfile` and the times of at most 2,048; waits for them. */
  endProfile(): Promise<KernelTime[]>;
  /** Records copies of whole tensors to places (in bytes) in another. */
  copyInto(target: TensorInfo, sources: readonly { tensor: TensorInfo; offset: number }[]): void;
  /** From now on the tensors lie in `shared`, whose owner keeps it as long as they live, at these places (bytes); with the values that they have. */
  moveInto(shared: TensorInfo, tensors: readonly { tensor: TensorInfo; offset: number }[]): void;
  /** Drops the host's copies of tensors that a kernel has changed in place. */
  forgetValues(tensors: readonly TensorInfo[]): void;
  /** Tensors that `moveInto` moved, and that live still, get memory of their own again. */
  moveOut(tensors: readonly TensorInfo[]): void;
}

/** Makes `webgpu` tf's backend on this adapter. @throws Error where no device can be had. */
export async function createBackend(tf: Tfjs, adapter: Adapter): Promise<WebgpuBackend> {
  const device = await requestDevice(adapter);
  const { WebGPUBackend } = (await import('@tensorflow/tfjs-backend-webgpu')) as unknown as {
    WebGPUBackend: new (device: GPUDevice, info: AdapterInfo) => Internals;
  };
  const pipelines = new Map<string, GPUComputePipeline>();

  /** The first thing that went wrong on the GPU: WebGPU itself goes on with zeros. */
  let failure = '';
  device.addEventListener('uncapturederror', (event) => (failure ||= (event as GPUUncapturedErrorEvent).error.message.split('\n')[0]));
  void device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') failure = `the device was lost: ${message.split('\n')[0]}`;
  });

  const constants = new Map<string, Binding>();
  function constantsOf(values: Uint32Array): Binding {
    const key = values.join();
    let binding = constants.get(key);
    if (!binding) {
      const buffer = device.createBuffer({ size: values.byteLength, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM });
      device.queue.writeBuffer(buffer, 0, values as Uint32Array<ArrayBuffer>);
      constants.set(key, (binding = { buffer, offset: 0, size: values.byteLength }));
    }
    return binding;
  }

  class DawnBackend extends WebGPUBackend implements WebgpuBackend {
    readonly counts: Counts = { dispatches: 0, submits: 0, reads: 0 };

    #profile: Profile | undefined;

    override recordAndSubmit(...parameters: unknown[]): void {
      this.counts.dispatches++;
      if (this.#profile) this.#beginTimedPass((parameters[0] as object).constructor.name.replace(/Program$/, ''));
      super.recordAndSubmit(...parameters);
      if (this.#profile) this.endComputePassEncoder();
    }

    startProfile(): void {
      this.#profile = createProfile(device);
    }

    endProfile(): Promise<KernelTime[]> {
      const profile = this.#profile!;
      this.#profile = undefined;
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      profile.resolve(this.commandEncoder!);
      this.submitQueue();
      return profile.read();
    }

    #beginTimedPass(name: string): void {
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.computePassEncoder = this.commandEncoder!.beginComputePass(this.#profile!.descriptorOf(name));
    }

    override submitQueue(): void {
      this.counts.submits++;
      super.submitQueue();
    }

    override async read(id: DataId): Promise<unknown> {
      this.counts.reads++;
      const { place, values: known } = this.tensorMap.get(id);
      const values = await (place && known == null ? this.#readShared(id) : super.read(id)).catch((error: unknown) => {
        failure ||= (error as Error).message;
      });
      if (failure) throw new Error(`WebGPU failed: ${failure}`);
      return values;
    }

    override readSync(id: DataId): unknown {
      const { values } = this.tensorMap.get(id);
      if (values == null) throw new Error('WebGPU cannot be read synchronously: read tensors with `await tensor.data()`');
      return values;
    }

    allocate(shape: number[]): TensorInfo {
      const info = this.makeTensorInfo(shape, 'float32');
      this.uploadToGPU(info.dataId);
      return info;
    }

    bindingOf(tensor: TensorInfo): Binding {
      this.uploadToGPU(tensor.dataId);
      this.commandQueueOwnedIds.add(tensor.dataId);
      const { resource, place } = this.tensorMap.get(tensor.dataId);
      return { buffer: resource!, ...(place ?? { offset: 0, size: resource!.size }) };
    }

    override tensorToBinding(tensor: TensorInfo | null): unknown {
      return tensor && this.tensorMap.get(tensor.dataId).place ? this.bindingOf(tensor) : super.tensorToBinding(tensor);
    }

    /** Through a tensor of its own: one buffer holds many. */
    async #readShared(id: DataId): Promise<unknown> {
      const { buffer, offset, size } = this.bindingOf({ dataId: id } as TensorInfo);
      const copy = this.allocate([size / 4]);
      const to = this.bindingOf(copy);
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder!.copyBufferToBuffer(buffer, offset, to.buffer, 0, size);
      try {
        return await super.read(copy.dataId);
      } finally {
        this.disposeData(copy.dataId);
      }
    }

    run(
      { key, code }: WgslKernel,
      tensors: readonly TensorInfo[],
      workgroups: readonly number[],
      uniforms?: readonly number[] | Uint32Array,
    ): void {
      let pipeline = pipelines.get(key);
      if (!pipeline) {
        pipeline = device.createComputePipeline({
          label: key,
          layout: 'auto',
          compute: { module: device.createShaderModule({ label: key, code: code() }), entryPoint: 'main' },
        });
        pipelines.set(key, pipeline);
      }
      const bindings = tensors.map((tensor) => this.bindingOf(tensor));
      if (uniforms) bindings.push(uniforms instanceof Uint32Array ? constantsOf(uniforms) : this.#uniforms(uniforms));
      const bindGroup = device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: bindings.map((resource, binding) => ({ binding, resource })),
      });
      this.ensureCommandEncoderReady();
      if (this.#profile) this.#beginTimedPass(key.split('/')[0]);
      this.computePassEncoder ??= this.commandEncoder!.beginComputePass();
      this.computePassEncoder.setPipeline(pipeline);
      this.computePassEncoder.setBindGroup(0, bindGroup);
      this.computePassEncoder.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      if (this.#profile) this.endComputePassEncoder();
      this.counts.dispatches++;
      if (++this.dispatchCountInPass >= DISPATCHES_PER_SUBMIT) {
        this.endComputePassEncoder();
        this.submitQueue();
      }
    }

    copyInto(target: TensorInfo, sources: readonly { tensor: TensorInfo; offset: number }[]): void {
      const to = this.bindingOf(target);
      const from = sources.map(({ tensor, offset }) => ({ ...this.bindingOf(tensor), at: offset }));
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      for (const { buffer, offset, size, at } of from)
        this.commandEncoder!.copyBufferToBuffer(buffer, offset, to.buffer, to.offset + at, size);
    }

    moveInto(shared: TensorInfo, tensors: readonly { tensor: TensorInfo; offset: number }[]): void {
      this.copyInto(shared, tensors);
      this.submitQueue();
      const { buffer } = this.bindingOf(shared);
      for (const { tensor, offset } of tensors) {
        const data = this.tensorMap.get(tensor.dataId);
        const own = data.resource!;
        Object.assign(data, { resource: buffer, external: true, place: { offset, size: own.size } });
        this.bufferManager.releaseBuffer(own);
      }
    }

    forgetValues(tensors: readonly TensorInfo[]): void {
      for (const { dataId } of tensors) this.tensorMap.get(dataId).values = null;
    }

    moveOut(tensors: readonly TensorInfo[]): void {
      const living = tensors.filter(({ dataId }) => this.tensorMap.has(dataId));
      if (living.length === 0) return;
      const moved = living.map((tensor) => {
        const { buffer, offset, size } = this.bindingOf(tensor);
        const own = this.bufferManager.acquireBuffer(size, buffer.usage);
        this.ensureCommandEncoderReady();
        this.endComputePassEncoder();
        this.commandEncoder!.copyBufferToBuffer(buffer, offset, own, 0, size);
        return own;
      });
      this.submitQueue();
      living.forEach((tensor, i) =>
        Object.assign(this.tensorMap.get(tensor.dataId), { resource: moved[i], external: false, place: undefined }),
      );
    }

    #uniforms(values: readonly number[]): Binding {
      const data = new Float32Array(Math.ceil(values.length / 4) * 4);
      data.set(values);
      const buffer = this.bufferManager.acquireBuffer(data.byteLength, GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM);
      this.queue.writeBuffer(buffer, 0, data);
      this.uniformPendingDisposal.push(buffer);
      return { buffer, offset: 0, size: data.byteLength };
    }
  }

  const backend = withNavigator(() => new DawnBackend(device, adapter.info));
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', DISPATCHES_PER_SUBMIT);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend as never);
  await tf.setBackend('webgpu');
  await tf.ready();
  return backend;
}

/** With all that the adapter offers of what training uses. */
async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const { limits } = adapter;
  return adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
}

/** tfjs's backend refuses to be made where there is no `navigator.gpu`; other code takes a `navigator` for a browser's. */
function withNavigator<T>(make: () => T): T {
  const previous = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {}, userAgent: '' }, configurable: true });
  try {
    return make();
  } finally {
    if (previous) Object.defineProperty(globalThis, 'navigator', previous);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
}
