/** The parts of tfjs-node's backend that we use: calls of native TensorFlow ops by name, and its list of native tensors. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

export type NativeId = number;

/** The binding's record of a tensor that an op made. */
export interface NativeOutput {
  id: NativeId;
  shape: number[];
  /** TensorFlow's number of the type. */
  dtype: number;
}

export interface NativeBinding {
  TF_ATTR_INT: number;
  TF_ATTR_STRING: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_FLOAT: number;
  executeOp(name: string, attributes: Attribute[], inputs: NativeId[], outputs: number): NativeOutput[];
  /** A copy of the values in TensorFlow's memory. */
  createTensor(shape: number[], dtype: number, values: unknown): NativeId;
  deleteTensor(id: NativeId): void;
  tensorDataSync(id: NativeId): ArrayLike<number>;
}

export interface NativeBackend {
  binding: NativeBinding;
  /** `values`: still on the host, `id` is -1 then. */
  tensorMap: { get(dataId: object): { id: NativeId; values: unknown } };
  executeSingleOutput(name: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
  /** Copies tensors that are still on the host into TensorFlow's memory. */
  getInputTensorIds(tensors: readonly TensorInfo[]): NativeId[];
  createOutputTensor(output: NativeOutput): Tensor;
}

export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}
