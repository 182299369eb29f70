/**
 * Names that a PyTorch checkpoint may contain, and the meaning of each: the functions that put tensors together (torch/_utils.py), the
 * storages' types, and plain containers. Nothing outside this table is ever given a meaning.
 */
import { bfloat16, float16, float32, float64, float8e4m3, float8e5m2, type FloatingType } from './floating-types.ts';
import type { Buildable, PickleGlobal } from './pickle.ts';

/** Type of a storage's or a tensor's elements; only floating ones are read, of the others just the size is known. */
export interface ElementType {
  name: string;
  bytes: number;
  floating?: FloatingType;
}

/** A run of elements in the file; `elements` is what the pickle says, the file decides. */
export interface StorageReference {
  key: string;
  type: ElementType;
  elements: number;
  /** First element, counted in the storage of `key`: legacy files may hold views of storages. */
  offset: number;
}

/** A tensor that the pickle describes; its elements are still in the file. */
export class TensorReference {
  readonly storage: StorageReference;
  readonly type: ElementType;
  /** Offset in elements of `type` from the storage's beginning. */
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];

  constructor(storage: StorageReference, type: ElementType, offset: unknown, shape: unknown, strides: unknown) {
    if (!sizes([offset]) || !sizes(shape) || !sizes(strides) || shape.length !== strides.length || shape.length > MAX_DIMENSIONS)
      throw new Error('its pickle describes a tensor whose offset, shape and strides do not go together');
    this.storage = storage;
    this.type = type;
    this.offset = offset as number;
    this.shape = shape;
    this.strides = strides;
  }
}

const MAX_DIMENSIONS = 16;
const sizes = (value: unknown): value is number[] => Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const of = (floating: FloatingType): ElementType => ({ name: floating.name, bytes: floating.bytes, floating });
const integer = (name: string, bytes: number): ElementType => ({ name, bytes });

const elementTypes: Record<string, ElementType> = {
  float32: of(float32),
  float64: of(float64),
  float16: of(float16),
  bfloat16: of(bfloat16),
  float8_e5m2: of(float8e5m2),
  float8_e4m3fn: of(float8e4m3),
  int64: integer('int64', 8),
  int32: integer('int32', 4),
  int16: integer('int16', 2),
  int8: integer('int8', 1),
  uint8: integer('uint8', 1),
  uint16: integer('uint16', 2),
  uint32: integer('uint32', 4),
  uint64: integer('uint64', 8),
  bool: integer('bool', 1),
  complex64: integer('complex64', 8),
  complex128: integer('complex128', 16),
};

const storages: Record<string, ElementType> = {
  FloatStorage: elementTypes.float32,
  DoubleStorage: elementTypes.float64,
  HalfStorage: elementTypes.float16,
  BFloat16Storage: elementTypes.bfloat16,
  LongStorage: elementTypes.int64,
  IntStorage: elementTypes.int32,
  ShortStorage: elementTypes.int16,
  CharStorage: elementTypes.int8,
  ByteStorage: elementTypes.uint8,
  BoolStorage: elementTypes.bool,
  ComplexFloatStorage: elementTypes.complex64,
  ComplexDoubleStorage: elementTypes.complex128,
};

class StorageType {
  readonly type: ElementType;
  constructor(type: ElementType) {
    this.type = type;
  }
}

/** The type behind a storage's name. @throws Error if it is none */
export function storageType(value: unknown): ElementType {
  if (!(value instanceof StorageType)) throw new Error('its pickle refers to a storage of no known type');
  return value.type;
}

export const isStorage = (value: unknown): value is StorageReference =>
  typeof value === 'object' && value !== null && 'key' in value && 'elements' in value;

function storageOf(value: unknown): StorageReference {
  if (!isStorage(value)) throw new Error('its pickle makes a tensor of what is no storage');
  return value;
}

/** Anything that is neither tensor nor container: kept from harm, read by no one. */
class Opaque implements Buildable {
  build(): void {}
}
const opaque: PickleGlobal = { call: () => new Opaque() };

/** `_rebuild_tensor(storage, offset, size, stride)`, and `_v2` with requires_grad and hooks behind. */
const rebuildTensor = ([storage, offset, shape, strides]: unknown[]): TensorReference =>
  new TensorReference(storageOf(storage), storageOf(storage).type, offset, shape, strides);

/** `_rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, …)`: an untyped storage seen as dtype. */
function rebuildTyped([storage, offset, shape, strides, , , type]: unknown[]): TensorReference {
  if (!(type instanceof DataType)) throw new Error('its pickle makes a tensor of no known type');
  return new TensorReference(storageOf(storage), type.type, offset, shape, strides);
}

/** `_rebuild_parameter(data, requires_grad, hooks)`: the tensor. */
function rebuildParameter([tensor]: unknown[]): TensorReference {
  if (!(tensor instanceof TensorReference)) throw new Error('its pickle makes a parameter of what is no tensor');
  return tensor;
}

class DataType {
  readonly type: ElementType;
  constructor(type: ElementType) {
    this.type = type;
  }
}

/** `OrderedDict()`, or of a list of pairs, as Python 2 wrote it. */
function orderedDict([pairs = []]: unknown[]): Map<unknown, unknown> {
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw new Error('its pickle makes a dictionary of what are no pairs');
  return new Map(pairs as [unknown, unknown][]);
}

export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ['collections.OrderedDict', { call: orderedDict }],
  ['torch._utils._rebuild_tensor', { call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v3', { call: rebuildTyped }],
  ['torch._utils._rebuild_parameter', { call: rebuildParameter }],
  ['torch._utils._rebuild_parameter_with_state', { call: rebuildParameter }],
  ['torch.Size', { call: ([size = []]) => size }],
  ['torch.device', opaque],
  ['torch.storage.UntypedStorage', { value: new StorageType(elementTypes.uint8) }],
  ...Object.entries(storages).map(([name, type]): [string, PickleGlobal] => [`torch.${name}`, { value: new StorageType(type) }]),
  // Before PyTorch 0.4 some lived elsewhere; CUDA tensors of that time name their own storages.
  ...Object.entries(storages).map(([name, type]): [string, PickleGlobal] => [`torch.cuda.${name}`, { value: new StorageType(type) }]),
  ...Object.entries(elementTypes).map(([name, type]): [string, PickleGlobal] => [`torch.${name}`, { value: new DataType(type) }]),
  // What training scripts put beside the weights: settings, schedulers' counters, accuracies from numpy. Never read.
  ['argparse.Namespace', opaque],
  ['collections.Counter', opaque],
  ['collections.defaultdict', { call: () => new Map() }],
  ['numpy.dtype', opaque],
  ['numpy.ndarray', { value: new Opaque() }],
  ...['numpy.core', 'numpy._core'].flatMap((module) =>
    ['scalar', '_reconstruct'].map((name): [string, PickleGlobal] => [`${module}.multiarray.${name}`, opaque]),
  ),
  ['_codecs.encode', opaque],
  ...['builtins', '__builtin__'].flatMap((module) =>
    ['int', 'float', 'list', 'dict', 'str', 'bool'].map((name): [string, PickleGlobal] => [`${module}.${name}`, { value: new Opaque() }]),
  ),
  ...['builtins', '__builtin__'].map((module): [string, PickleGlobal] => [
    `${module}.set`,
    { call: ([values = []]) => new Set(Array.isArray(values) ? values : []) },
  ]),
]);
