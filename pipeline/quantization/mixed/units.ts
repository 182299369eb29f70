/** What a mix of encodings is made of: the weights of each layer, and all biases together, each in one encoding. */
import { frozenTensors, withTensors, type FrozenTensor } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { decoded, ENCODING_NAMES, encodings, relativeError, type EncodingName, type Mix } from '../encodings/index.ts';

/** The name of the unit of everything that is no weight: biases, scales and offsets of norms, embeddings. */
export const BIASES = 'biases';

export interface Unit {
  /** The layer's, or `BIASES`. */
  name: string;
  tensors: FrozenTensor[];
  /** What it may be stored as; float32 first. */
  encodings: EncodingName[];
}

/** @param allowed encodings to choose from; float32 always is one */
export function unitsOf(network: FrozenNetwork, allowed: readonly EncodingName[]): Unit[] {
  const choices = ENCODING_NAMES.filter((name) => name === 'float32' || allowed.includes(name));
  const weights = new Map<string, FrozenTensor[]>();
  const others: FrozenTensor[] = [];
  for (const tensor of frozenTensors(network)) {
    const layer = tensor.name.slice(0, tensor.name.lastIndexOf('/'));
    if (tensor.isWeight) weights.set(layer, [...(weights.get(layer) ?? []), tensor]);
    else others.push(tensor);
  }
  const units = [...weights].map(([name, tensors]): Unit => ({ name, tensors, encodings: choices }));
  return others.length === 0 ? units : [...units, { name: BIASES, tensors: others, encodings: choices.filter((name) => encodings[name].biases) }];
}

export interface ReadTensor {
  /** Bytes in the weight file. */
  bytes: number;
  /** What a reader computes with. */
  values: Float32Array;
}

export type Reader = (tensor: FrozenTensor, encoding: EncodingName) => ReadTensor;

/** Encodes and decodes the same values once for each encoding. @throws Error in one line, naming the tensor, for values that an encoding can't hold */
export function createReader(): Reader {
  const known = new WeakMap<Float32Array, Map<EncodingName, ReadTensor>>();
  return (tensor, encoding) => {
    const own = known.get(tensor.data) ?? new Map<EncodingName, ReadTensor>();
    known.set(tensor.data, own);
    const read = own.get(encoding) ?? readTensor(tensor, encoding);
    own.set(encoding, read);
    return read;
  };
}

function readTensor(tensor: FrozenTensor, name: EncodingName): ReadTensor {
  try {
    const encoded = encodings[name].encode(tensor);
    return { bytes: encoded.bytes.length, values: decoded(tensor, encoded) };
  } catch (error) {
    throw new Error(`${tensor.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The network as it computes after its weights were stored in a mix and read again. */
export const readNetwork = (network: FrozenNetwork, mix: Mix, read: Reader): FrozenNetwork => withTensors(network, (tensor) => (mix.has(tensor.name) ? read(tensor, mix.get(tensor.name)!).values : undefined));

/** All convolution and linear weights in one encoding, biases in float32. */
export const readUniformly = (network: FrozenNetwork, encoding: EncodingName): FrozenNetwork => withTensors(network, (tensor) => (tensor.isWeight ? readTensor(tensor, encoding).values : undefined));

/** Of all tensors of a unit together. */
export function unitRelativeError({ tensors }: Unit, encoding: EncodingName, read: Reader): number {
  const joined = (parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));
  return tensors.length === 1 ? relativeError(tensors[0].data, read(tensors[0], encoding).values) : relativeError(joined(tensors.map(({ data }) => data)), joined(tensors.map((tensor) => read(tensor, encoding).values)));
}
