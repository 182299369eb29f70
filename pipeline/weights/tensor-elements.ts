import type { TensorReference } from './torch-globals.ts';

/** A PyTorch file after its pickle was read: the objects in it, and where the storages lie. */
export interface PytorchFile {
  /** The saved value; tensors are `TensorReference`s. */
  root: unknown;
  /** Name of the format for people: `PyTorch (zip)`. */
  format: string;
  /** Finds where a storage begins in the file, and its number of bytes. @throws Error if there is none of that key */
  locate(key: string): { start: number; bytes: number };
}

/** Most elements that strides may make of a file's bytes (a stride of 0 repeats): bounds memory by the file's size. */
const MAX_REPEATS = 4;
const SMALL = 1 << 22;

export class ElementBudget {
  #left: number;
  constructor(fileBytes: number) {
    this.#left = Math.max(SMALL, MAX_REPEATS * fileBytes);
  }
  /** @throws Error if the tensors together grow past what such a file may hold */
  take(elements: number, name: string): void {
    this.#left -= elements;
    if (!(this.#left >= 0)) throw new Error(`"${name}" and the tensors before it have more elements than a file of this size may hold`);
  }
}

/**
 * A tensor's elements in C order, as float32.
 * @param read bytes of the file
 * @throws Error if the tensor reaches over its storage
 */
export function readTensor(
  file: PytorchFile,
  tensor: TensorReference,
  name: string,
  budget: ElementBudget,
  read: (start: number, bytes: number) => Uint8Array,
): Float32Array {
  const { storage, type, shape, strides } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  budget.take(count, name);
  if (count === 0) return new Float32Array(0);
  const located = file.locate(storage.key);
  const first = storage.offset * (storage.type.bytes / type.bytes) + tensor.offset;
  const span = shape.reduce((last, size, d) => last + (size - 1) * strides[d], 0) + 1;
  if ((first + span) * type.bytes > located.bytes)
    throw new Error(`"${name}" [${shape}] reaches over its storage of ${located.bytes} bytes`);
  const values = type.floating!.read(read(located.start + first * type.bytes, span * type.bytes), span);
  return isContiguous(shape, strides) ? values : gather(values, shape, strides, count);
}

function isContiguous(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) return false;
    expected *= shape[d];
  }
  return true;
}

function gather(values: Float32Array, shape: number[], strides: number[], count: number): Float32Array {
  const out = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    out[i] = values[from];
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}
