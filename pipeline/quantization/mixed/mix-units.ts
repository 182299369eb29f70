/** Units of a mix of encodings: the weights of each layer, and all biases together, each in one encoding. */
import { frozenTensors, withTensors, type FrozenTensor } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { concatenate } from '../../support/concatenate.ts';
import { LEARNED_GRIDS } from '../integer/weight-grid.ts';
import {
  decoded,
  encode,
  ENCODING_NAMES,
  encodings,
  relativeL2Error,
  storageName,
  storagesOf,
  type EncodingName,
  type Mix,
  type StorageFormat,
} from '../encodings.ts';

/** The name of the unit of everything that is no weight: biases, scales and offsets of norms, embeddings. */
export const BIASES = 'biases';

export interface MixUnit {
  /** The layer's, or `BIASES`. */
  name: string;
  tensors: FrozenTensor[];
  /** Ways in which it may be stored; float32 first. */
  storages: StorageFormat[];
}

/** @param allowed encodings to choose from; float32 always is one */
export function unitsOf(network: FrozenNetwork, allowed: readonly EncodingName[]): MixUnit[] {
  const storages = ENCODING_NAMES.filter((name) => name === 'float32' || allowed.includes(name)).map((encoding): StorageFormat =>
    LEARNED_GRIDS[encoding] ? { encoding, rule: 'learned' } : storagesOf(encoding)[0],
  );
  const weights = new Map<string, FrozenTensor[]>();
  const others: FrozenTensor[] = [];
  for (const tensor of frozenTensors(network)) {
    const layer = tensor.name.slice(0, tensor.name.lastIndexOf('/'));
    if (tensor.isWeight) weights.set(layer, [...(weights.get(layer) ?? []), tensor]);
    else others.push(tensor);
  }
  const units = [...weights].map(([name, tensors]): MixUnit => ({ name, tensors, storages }));
  return others.length === 0
    ? units
    : [...units, { name: BIASES, tensors: others, storages: storages.filter(({ encoding }) => encodings[encoding].biases) }];
}

export interface ReadTensor {
  /** Bytes in the weight file. */
  bytes: number;
  /** Values that a reader computes with. */
  values: Float32Array;
}

export type Reader = (tensor: FrozenTensor, storage: StorageFormat) => ReadTensor;

/** Values of a tensor whose levels are learned, its layer alone being rounded; undefined of what is not learned. */
export type LearnedValues = (tensor: FrozenTensor, storage: StorageFormat) => Float32Array | undefined;

/** Encodes and decodes the same values once for each way of storing. @throws Error in one line, naming the tensor, for values that an encoding can't hold */
export function createReader(learned: LearnedValues = () => undefined): Reader {
  const known = new WeakMap<Float32Array, Map<string, ReadTensor>>();
  return (tensor, storage) => {
    const own = known.get(tensor.data) ?? new Map<string, ReadTensor>();
    known.set(tensor.data, own);
    const read = own.get(storageName(storage)) ?? readTensor({ ...tensor, data: learned(tensor, storage) ?? tensor.data }, storage);
    own.set(storageName(storage), read);
    return read;
  };
}

function readTensor(tensor: FrozenTensor, storage: StorageFormat): ReadTensor {
  try {
    const encoded = encode(tensor, storage);
    return { bytes: encoded.bytes.length, values: decoded(tensor, encoded) };
  } catch (error) {
    throw new Error(`${tensor.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The network as it computes after its weights were stored in a mix and read again. */
export const roundTrip = (network: FrozenNetwork, mix: Mix, read: Reader): FrozenNetwork =>
  withTensors(network, (tensor) => (mix.has(tensor.name) ? read(tensor, mix.get(tensor.name)!).values : undefined));

/** All convolution and linear weights stored alike, biases in float32. */
export const roundTripUniformly = (network: FrozenNetwork, storage: StorageFormat, read: Reader = createReader()): FrozenNetwork =>
  withTensors(network, (tensor) => (tensor.isWeight ? read(tensor, storage).values : undefined));

/** Relative error of all tensors of a unit together. */
export function unitRelativeError({ tensors }: MixUnit, storage: StorageFormat, read: Reader): number {
  return tensors.length === 1
    ? relativeL2Error(tensors[0].data, read(tensors[0], storage).values)
    : relativeL2Error(concatenate(tensors.map(({ data }) => data)), concatenate(tensors.map((tensor) => read(tensor, storage).values)));
}
