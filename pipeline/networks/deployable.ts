/**
 * Checks that a network can be served: its graph file may use only what the inference backends compute. This is known before training, so
 * that a student which no browser could run is refused then.
 */
import { freeze } from './freeze.ts';
import type { Network } from './graph.ts';
import type { GraphDefNode } from './operations/graph-def.ts';
import { frozenFormOf, type FrozenNode } from './operations/index.ts';
import { elementCount, stateSpec } from './state.ts';

/** The ops that graph files may hold, each with the tfjs kernels that it becomes; the backends `wasm` and `webgpu` have all of these. */
export const GRAPH_OPS: Record<string, string[]> = {
  Placeholder: [],
  Const: [],
  _FusedConv2D: ['FusedConv2D'],
  FusedDepthwiseConv2dNative: ['FusedDepthwiseConv2D'],
  _FusedMatMul: ['_FusedMatMul'],
  BatchMatMulV2: ['BatchMatMul'],
  Softmax: ['Softmax'],
  Erf: ['Erf'],
  Square: ['Square'],
  Rsqrt: ['Rsqrt'],
  Sub: ['Sub'],
  AddV2: ['Add'],
  Mul: ['Multiply'],
  Relu: ['Relu'],
  Relu6: ['Relu6'],
  MaxPool: ['MaxPool'],
  AvgPool: ['AvgPool'],
  Mean: ['Mean'],
  Pad: ['PadV2'],
  PadV2: ['PadV2'],
  Reshape: ['Reshape'],
  Transpose: ['Transpose'],
  Slice: ['Slice'],
  Unpack: ['Unpack'],
  StridedSlice: ['StridedSlice'],
  Split: ['SplitV'],
  ConcatV2: ['Concat'],
};

/** The nodes of the graph file that a frozen node becomes, without its constants. */
function lowered(node: FrozenNode): GraphDefNode[] {
  const named = (key: string): string => `${node.name}/${key}`;
  return frozenFormOf(node).toGraphModel(node, { name: node.name, inputs: node.inputs, constant: named, integers: named, scalar: named });
}

/** @throws Error in one line for a network that an inference backend can't compute, naming the operation and the op that is missing. */
export function assertDeployable(network: Network): void {
  const blank = new Map(stateSpec(network).map(({ name, shape }) => [name, { shape, data: new Float32Array(elementCount(shape)) }]));
  for (const node of freeze(network, blank).nodes) {
    const unknown = lowered(node).find(({ op }) => !Object.hasOwn(GRAPH_OPS, op));
    if (unknown)
      throw new Error(
        `${network.name} cannot be deployed: its operation ${node.op} ("${node.name}") needs ${unknown.op}, which the wasm backend of browsers and server lacks`,
      );
  }
}
