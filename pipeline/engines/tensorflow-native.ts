/** What we use of tfjs-node's backend: calls of native TensorFlow ops by name. */
import type { Tensor } from '@tensorflow/tfjs-core';

export interface NativeBackend {
  binding: { TF_ATTR_INT: number; TF_ATTR_STRING: number; TF_ATTR_FLOAT: number; TF_ATTR_BOOL: number; TF_ATTR_TYPE: number; TF_FLOAT: number };
  executeSingleOutput(name: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
}

export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}
