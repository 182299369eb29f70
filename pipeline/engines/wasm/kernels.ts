/** Our kernels, assembled and started on the memory of tfjs's own WebAssembly module, so that they work on its tensors. */
import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { assemble } from '@sld-edge/runtime/integer';
import { columnAffine, columnSums } from './batch-norm-kernels.ts';
import { correlate } from './correlate.ts';
import { addScaledPixels, copyPixels, correlateChannels } from './depthwise-kernels.ts';
import { gatherElements } from './movement-kernels.ts';
import { rectifierGradient, updateKernels } from './elementwise-kernels.ts';

const functions = {
  correlate: correlate(false),
  correlateRows: correlate(true),
  correlateChannels: correlateChannels(),
  addScaledPixels: addScaledPixels(),
  copyPixels: copyPixels(),
  gatherElements: gatherElements(),
  columnMoments: columnSums(false),
  columnGradientSums: columnSums(true),
  columnAffine: columnAffine(false),
  columnGradientAffine: columnAffine(true),
  reluGradient: rectifierGradient(false),
  relu6Gradient: rectifierGradient(true),
  ...updateKernels,
};

/** The part of tfjs's WASM backend (4.22) that we use. */
interface WasmBackend {
  wasm: {
    asm: { memory: WebAssembly.Memory };
    HEAPU8: Uint8Array;
    tfjs: { registerTensor(id: number, size: number, memoryOffset: number): void; disposeData(id: number): void };
  };
  dataIdMap: { get(id: DataId): { id: number; memoryOffset: number; shape: readonly number[] } };
  dataIdNextNumber: number;
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
  incRef(id: DataId): void;
  disposeData(id: DataId): boolean;
}

export interface WasmKernels {
  /** Addresses are bytes of the module's memory. */
  run: Record<keyof typeof functions, (...parameters: number[]) => void>;
  address(tensor: TensorInfo): number;
  /** A tensor (float32 by default), its values not set. @throws Error if the memory is full */
  allocate(shape: readonly number[], dtype?: DataType): TensorInfo;
  zeros(shape: readonly number[]): TensorInfo;
  from(values: Float32Array, shape: readonly number[]): TensorInfo;
  /** The tensor's own values, to read or write at once: any later allocation may move the memory. */
  values(tensor: TensorInfo): Float32Array;
  /** The same values once more; they stay until both are freed. */
  share(tensor: TensorInfo, shape: readonly number[]): TensorInfo;
  free(...tensors: TensorInfo[]): void;
  /** Forgets what XNNPACK made of a tensor's values (packed filters); call it after changing a tensor in place. */
  changed(tensor: TensorInfo): void;
}

export function startKernels(given: unknown): WasmKernels {
  const backend = given as WasmBackend;
  const { wasm, dataIdMap } = backend;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(functions)), { host: { memory: wasm.asm.memory } });

  // Addresses above 2 GiB come as they are; WebAssembly takes them modulo 2^32.
  const address = ({ dataId }: TensorInfo): number => dataIdMap.get(dataId).memoryOffset;
  const values = (tensor: TensorInfo): Float32Array =>
    new Float32Array(
      wasm.HEAPU8.buffer,
      address(tensor),
      tensor.shape.reduce((product, size) => product * size, 1),
    );

  function allocate(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const tensor = backend.makeOutput(shape, dtype);
    if (address(tensor) === 0) throw new Error(`WebAssembly: no memory for a tensor of [${shape.join(', ')}]; make the batch smaller`);
    return tensor;
  }

  return {
    run: exports as WasmKernels['run'],
    address,
    allocate,
    values,
    zeros(shape) {
      const tensor = allocate(shape);
      values(tensor).fill(0);
      return tensor;
    },
    from(given, shape) {
      const tensor = allocate(shape);
      values(tensor).set(given);
      return tensor;
    },
    share({ dataId, dtype }, shape) {
      backend.incRef(dataId);
      return { dataId, dtype, shape: [...shape] };
    },
    free: (...tensors) => tensors.forEach(({ dataId }) => backend.disposeData(dataId)),
    changed(tensor) {
      const data = dataIdMap.get(tensor.dataId);
      wasm.tfjs.disposeData(data.id);
      data.id = backend.dataIdNextNumber++;
      wasm.tfjs.registerTensor(
        data.id,
        data.shape.reduce((product, size) => product * size, 1),
        data.memoryOffset,
      );
    },
  };
}
