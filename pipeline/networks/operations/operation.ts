/**
 * An operation of the graph: everything about it, in one file each. Training calls `forward`, freezing calls `freeze`. The frozen form is
 * run by `frozen.run` and written by `frozen.toGraphModel`, `frozen.toOnnx` and `frozen.toInteger`.
 */
import type { IntegerNode } from '@sld-edge/runtime/integer';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../../data/augmentation/random.ts';
import type { Engine, Tfjs } from '../../engines/engine.ts';
import type { Layout } from '../layout.ts';
import type { StateEntry } from '../state.ts';
import type { GraphDefNode } from './graph-def.ts';
import type { IntegerScope } from './integer-def.ts';
import type { OnnxNode, OnnxScope } from './onnx-def.ts';

/** Sizes of one image's activation: [height, width, channels] of a feature map, [tokens, width] of a sequence, [features] of a vector. */
export type ActivationShape = readonly number[];

export interface NodeBase {
  /** Position in `Network.nodes`; inputs always come earlier. */
  id: number;
  inputs: number[];
  inputShapes: ActivationShape[];
  shape: ActivationShape;
}

export type NodeOf<Op extends string, Attributes extends object> = NodeBase & { op: Op } & Attributes;

/** One entry of a network's state. */
export interface EntrySpec {
  /** PyTorch's, with the module's path: `layer1.0.conv1.weight`. */
  name: string;
  /** PyTorch's. */
  shape: number[];
  /** Buffers (running statistics) are not trained. */
  trainable: boolean;
  /** Layout on an engine. */
  layout: Layout;
  /** Fills the entry for training from scratch; what it does not write stays 0. */
  initialise(data: Float32Array, random: Random): void;
}

export interface BatchStatistics {
  /** The batch norm's name. */
  name: string;
  mean: Tensor;
  /** Variance with Bessel's correction. */
  variance: Tensor;
}

/** Context of an operation in training. */
export interface TrainingContext {
  engine: Engine;
  /** The trainable parameter of this name, in device layout. */
  parameter<T extends Tensor>(name: string): T;
  /** True if something trainable lies before input `index`, so that its gradient is needed. */
  needsGradient(index: number): boolean;
  /** Fresh values in [0, 1), which depend on the step's seed and the node alone. */
  uniform(shape: number[]): Tensor;
  /** Receives the statistics of a batch norm; their owner disposes them. */
  onStatistics(statistics: BatchStatistics): void;
}

/** Activations that a convolution, say, computes in the same pass. */
export type Activation = 'none' | 'relu' | 'relu6';

export interface Constant {
  shape: number[];
  data: Float32Array;
  /** Weights, which the `uint8` variant stores in 8 bits; biases and the like stay float32. */
  isWeight?: true;
}

/** Plain data, so that it can be sent to a worker thread. */
export interface FrozenBase {
  op: string;
  /** Unique, fit for a graph file. */
  name: string;
  /** Names of the nodes read. */
  inputs: string[];
  shape: ActivationShape;
  constants: Record<string, Constant>;
}

export type FrozenOf<Op extends string, Frozen extends object> = FrozenBase & { op: Op } & Frozen;

/** Context of an operation in freezing. */
export interface FreezeContext {
  /** The state's entry of this name, in PyTorch's layout; not to be changed. */
  value(name: string): Float32Array;
  /** Lets the node before compute y·scale + offset per channel as well. False where it can't or another node reads y. */
  foldScale(scale: Float32Array, offset: Float32Array): boolean;
  /** Lets the node before apply the activation as well. False where it can't or another node reads its value. */
  fuseActivation(activation: Activation): boolean;
}

/** Context of an operation that is written into a graph file. */
export interface GraphModelScope {
  /** The name that the node's value must have. */
  name: string;
  inputs: string[];
  /** Writes one of the node's constants; returns its name in the file. */
  constant(key: string): string;
  /** Writes an int32 tensor (axes, sizes, paddings) of the node; returns its name in the file. */
  integers(key: string, values: number[], shape?: number[]): string;
  /** Writes a float32 scalar of the node; returns its name in the file. */
  scalar(key: string, value: number): string;
}

/** Frozen form of an operation: how it computes and how it is written. */
export interface FrozenForm<Frozen extends FrozenBase> {
  /** @param constants the node's, uploaded */
  run(node: Frozen, inputs: Tensor[], constants: Record<string, Tensor>, tf: Tfjs): Tensor;
  /** Nodes of a tfjs graph model, the last one named `scope.name`. Only ops that `tfjs-backend-wasm` knows. */
  toGraphModel(node: Frozen, scope: GraphModelScope): GraphDefNode[];
  /** Nodes of an ONNX graph, the last one named `scope.name`; feature maps are NCHW there. */
  toOnnx(node: Frozen, scope: OnnxScope): OnnxNode[];
  /** The node of an integer program. Absent where there is no integer form: then `noInteger` says why. @throws Error where these numbers have none */
  toInteger?(node: Frozen, scope: IntegerScope): IntegerNode;
  /** Reason why the operation has no integer form, after "it ". */
  noInteger?: string;
  /** True if its output has its inputs' scale in an integer program: it moves values, or picks among them. */
  keepsScale?: true;
  /**
   * The node in training again, batch norm folded: attributes of the operation, and its state entries in PyTorch's layout.
   * Absent where the frozen node's own fields are the attributes, unless it has constants: then it can't be trained folded.
   */
  unfreeze?(node: Frozen): { attributes: object; entries: [name: string, StateEntry][] };
  /** Takes y·scale + offset per output channel into its constants; false where an activation lies between. */
  foldScale?(node: Frozen, scale: Float32Array, offset: Float32Array): boolean;
  /** Takes the activation on; false where it has one. */
  fuseActivation?(node: Frozen, activation: Activation): boolean;
}

export interface Operation<Op extends string, Attributes extends object, Frozen extends object = object> {
  op: Op;
  /** @throws Error in one line for inputs that the operation can't take. */
  shape(inputs: ActivationShape[], attributes: Attributes): ActivationShape;
  /** Its state entries, in PyTorch's order of registration. */
  parameters?(node: NodeOf<Op, Attributes>): EntrySpec[];
  /** Multiplications and additions per image, a pair counted once; of products of matrices and convolutions alone. */
  multiplyAdds?(node: NodeOf<Op, Attributes>): number;
  forward(node: NodeOf<Op, Attributes>, inputs: Tensor[], context: TrainingContext): Tensor;
  /** The frozen form's own attributes and constants; undefined where the node before carries this one's value now. */
  freeze(node: NodeOf<Op, Attributes>, context: FreezeContext): (Frozen & { constants?: Record<string, Constant> }) | undefined;
  /** Frozen form; absent if nothing is left of the operation in a frozen network. */
  frozen?: FrozenForm<FrozenOf<Op, Frozen>>;
}
