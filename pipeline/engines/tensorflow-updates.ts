/**
 * Updates of many tensors on TensorFlow's CPU: by the WebAssembly kernels of the engine `wasm` on the host's own copies,
 * instead of half a dozen native ops and their tensors for each parameter. The same float32 roundings as those ops, so the
 * same bits.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { assemble } from '@sld-edge/runtime/integer';
import type { InPlaceUpdates } from './engine.ts';
import type { NativeBackend } from './tensorflow-native.ts';
import { updateKernels } from './wasm/elementwise-kernels.ts';
import { createWasmUpdates, type UpdatedMemory } from './wasm/in-place-updates.ts';

const PAGE_BYTES = 65536;
/** Bytes of a SIMD register: tensors begin at multiples, where loads are fastest. */
const ALIGNMENT = 16;

export function createHostUpdates(backend: NativeBackend): InPlaceUpdates {
  const module = new WebAssembly.Module(assemble(updateKernels));

  /** Takes over the tensors' values, in a memory of their own with room for one that is given. */
  function hold(...groups: readonly (readonly Tensor[])[]): UpdatedMemory {
    const addresses = new Map<Tensor, number>();
    let end = 0;
    let largest = 0;
    for (const tensor of groups.flat()) {
      const bytes = Math.ceil((4 * tensor.size) / ALIGNMENT) * ALIGNMENT;
      addresses.set(tensor, end);
      end += bytes;
      largest = Math.max(largest, bytes);
    }
    const given = end;
    const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil((end + largest) / PAGE_BYTES)) });
    const at = (address: number, { size }: Tensor): Float32Array => new Float32Array(memory.buffer, address, size);
    const values = new Map([...addresses].map(([tensor, address]) => [tensor, at(address, tensor)]));
    for (const [tensor, array] of values) array.set(tensor.dataSync());

    return {
      run: new WebAssembly.Instance(module, { host: { memory } }).exports as UpdatedMemory['run'],
      address(tensor) {
        const own = addresses.get(tensor);
        if (own !== undefined) return own;
        at(given, tensor).set(tensor.dataSync());
        return given;
      },
      /** The tensor's values from now on are those here, copied when an op next uses it. */
      changed(tensor) {
        const entry = backend.tensorMap.get(tensor.dataId);
        if (entry.id >= 0) backend.binding.deleteTensor(entry.id);
        entry.id = -1;
        entry.values = values.get(tensor);
      },
    };
  }

  return {
    sgd: (parameters, velocities, options) => createWasmUpdates(hold(parameters, velocities)).sgd(parameters, velocities, options),
    adamw: (parameters, firstMoments, secondMoments, options) =>
      createWasmUpdates(hold(parameters, firstMoments, secondMoments)).adamw(parameters, firstMoments, secondMoments, options),
    blend: (running, share) => createWasmUpdates(hold(running)).blend(running, share),
  };
}
