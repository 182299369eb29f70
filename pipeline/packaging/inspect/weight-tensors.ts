/** The weights of a variant by name, as the values that a network computes with. */
import type { LoadedGraph, LoadedPackage, LoadedProgram } from '@sld-edge/runtime';

export interface WeightTensor {
  shape: number[];
  /** Type as stored: `float32`, `int32`, or the type of the quantized values. */
  dtype: string;
  bytes: number;
  values: Float32Array | Int32Array;
}

/** tfjs's `WeightsManifestEntry`: of the quantized types `dequantized = q·scale + min`, in float32. */
interface WeightSpec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale: number; min: number };
}

/** Readers of stored values: tfjs's weights are little-endian and lie one after the other, unaligned. */
const STORED = {
  float32: { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) },
  int32: { bytes: 4, read: (view: DataView, at: number) => view.getInt32(at, true) },
  uint8: { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  uint16: { bytes: 2, read: (view: DataView, at: number) => view.getUint16(at, true) },
} as const;

/** Tensors of a graph model, or every array of numbers of an integer program's nodes, as `conv1/weights`. */
export function weightTensors({ network, variant }: Pick<LoadedPackage, 'network' | 'variant'>): Map<string, WeightTensor> {
  return network.kind === 'graph' ? graphTensors(network, variant) : programTensors(network);
}

function programTensors({ program }: LoadedProgram): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  for (const node of program.nodes) {
    for (const [key, value] of Object.entries(node)) {
      if (!ArrayBuffer.isView(value)) continue;
      const numbers = value as Int8Array;
      tensors.set(`${node.name}/${key}`, {
        shape: [numbers.length],
        dtype: `${numbers instanceof Uint8Array ? 'uint' : 'int'}${8 * numbers.BYTES_PER_ELEMENT}`,
        bytes: numbers.byteLength,
        values: Int32Array.from(numbers),
      });
    }
  }
  return tensors;
}

/** @throws Error in one line for a stored type that is not read here, or where the specifications and the bytes do not fit each other */
function graphTensors({ modelJson, weights }: LoadedGraph, variant: string): Map<string, WeightTensor> {
  const { weightsManifest } = modelJson as { weightsManifest: { weights: WeightSpec[] }[] };
  const view = new DataView(weights);
  const tensors = new Map<string, WeightTensor>();
  let at = 0;
  for (const { name, shape, dtype, quantization } of weightsManifest.flatMap((group) => group.weights)) {
    const storedAs = quantization?.dtype ?? dtype;
    if (!Object.hasOwn(STORED, storedAs))
      throw new Error(`variant ${variant}: the tensor ${name} is stored as ${storedAs}; read are ${Object.keys(STORED).join(', ')}`);
    const { bytes, read } = STORED[storedAs as keyof typeof STORED];
    const count = shape.reduce((product, size) => product * size, 1);
    if (at + count * bytes > weights.byteLength) throw new Error(`variant ${variant}: the weights end inside of the tensor ${name}`);
    const { scale, min } = quantization ?? { scale: 1, min: 0 };
    const values = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = quantization ? read(view, at + i * bytes) * scale + min : read(view, at + i * bytes);
    tensors.set(name, { shape, dtype: storedAs, bytes: count * bytes, values });
    at += count * bytes;
  }
  if (at !== weights.byteLength) throw new Error(`variant ${variant}: ${weights.byteLength - at} bytes of weights belong to no tensor`);
  return tensors;
}
